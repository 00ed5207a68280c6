//! The catalogues that come with the program: as many calls as their sources have, each of which can be asked for by name.

use capuchin::catalog::Catalog;
use capuchin::cloud::kind;

#[test]
fn each_has_as_many_calls_as_its_source() {
    for (name, count) in [
        ("cloudstack", 554),
        ("kcps", 89),
        ("cloudn", 38),
        // The 42 actions, and six of the servlet that are no account's.
        ("ec2", 48),
        // Eight services: vserver, vpc, vloadbalancer, vautoscaling, vnas, and the three of Classic.
        ("ncloud", 102 + 47 + 26 + 22 + 17 + 76 + 12 + 23),
        ("ncloud-classic", 76 + 12 + 23),
    ] {
        let shipped = (kind(name).dialect)().shipped().unwrap();
        assert_eq!(shipped.apis.len(), count, "{name}");
        let catalog = Catalog::of(shipped.apis);
        assert_eq!(catalog.len(), count, "{name}: a name is there twice");
        for entry in catalog.entries() {
            let found = catalog.api(&entry.name.to_lowercase()).unwrap();
            assert!(found.is_some(), "{name} {}", entry.name);
        }
    }
}
