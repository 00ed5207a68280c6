//! What Tab offers, at a prompt and to other programs: values from the cloud by name and id, held up by nothing.

use crate::support::Home;

#[test]
fn complete_prints_value_tab_and_label_without_asking_the_cloud() {
    let home = Home::new();
    // With no catalogue kept, the built-ins are known, and the cloud stays as it is.
    assert_eq!(home.args(&["complete", "hist"]).ok(), "history\t\n");
    assert!(
        !home
            .path()
            .join(".local/state/capuchin/devcloud.sqlite")
            .exists()
    );
    home.run("list zones").ok();
    for (line, expected) in [
        ("list zo", "zones\t\n"),
        ("deploy virtualmachine zone", "zoneid=\trequired\n"),
        ("list zones output=js", "json\t\njsonl\t\n"),
        ("output=", ""),
        ("list users listall=", "true\t\nfalse\t\n"),
        ("list zones | gr", ""),
    ] {
        assert_eq!(home.args(&["complete", line]).ok(), expected, "{line}");
    }
}
