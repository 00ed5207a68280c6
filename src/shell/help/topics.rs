//! What `help` tells of things that are no command: the words on a line, the output forms, the settings.

use super::layout::{entries, paragraph};
use crate::config::settings::{Kind, SETTINGS, Setting};

/// Something that help can be asked about by its name.
pub struct Topic {
    pub name: &'static str,
    pub about: &'static str,
    pub rows: &'static [(&'static str, &'static str)],
}

/// The topics by name.
pub static TOPICS: &[Topic] = &[
    Topic {
        name: "line",
        about: "What a line is made of, and what may stand on every one",
        rows: &[
            (
                "verb noun name=value …",
                "a call; names in any case, values quoted as in a POSIX shell",
            ),
            (
                "api NAME name=value …",
                "a call by the API's own name, unchecked",
            ),
            (
                "name=@FILE  name=@-",
                "the contents of a file, or of standard input",
            ),
            ("name[0].key=value", "members of a map or a list of maps"),
            (
                "zoneid=name:NAME",
                "the thing of that name in place of its id",
            ),
            (
                "where=state=Running,memory>512",
                "only the rows of which all this holds: = != ~ > >= < <=",
            ),
            (
                "sort=zonename,-created",
                "the rows in this order, - downwards",
            ),
            ("limit=N", "only the first N rows of a list"),
            ("exclude=nic,tags", "all fields but these"),
            (
                "filter=id,nic.ipaddress",
                "only these fields, in this order",
            ),
            (
                "query=JMESPATH",
                "what this makes of the answer as json has it",
            ),
            ("count=true", "only how many rows there are"),
            ("age=true", "dates as how long ago they were"),
            (
                "output=FORM  -o FORM",
                "the form of what is printed: `help output`",
            ),
            (
                "SETTING=value",
                "a setting for this line only: `help set` lists them",
            ),
            ("-h", "what the command is and takes, with an example"),
            (
                "$NAME  $NAME.FIELD  ${NAME}",
                "what `let` keeps; single quotes and \\$ protect",
            ),
            ("… | COMMAND", "the output through a command of your shell"),
            ("# …", "a comment"),
            ("\\", "at the end of a line: it goes on in the next one"),
        ],
    },
    Topic {
        name: "output",
        about: "The forms in which answers are printed",
        rows: &[
            ("auto", "a table for lists on a terminal, text elsewhere"),
            ("table", "a grid that fits the terminal"),
            ("wide", "a grid with all columns, uncut"),
            ("text", "`key = value` lines"),
            ("column", "columns without a grid"),
            ("json", "the answer without its envelope"),
            ("jsonl", "a row a line, as JSON"),
            ("csv", "a header and a row each"),
            ("yaml", "the same as json, as YAML"),
            ("xml", "the same as json, as XML"),
            ("raw", "the body as it came, byte for byte"),
            ("chart", "bars for capacities, usage and other numbers"),
        ],
    },
];

/// The topic of that name.
pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS
        .iter()
        .find(|topic| topic.name.eq_ignore_ascii_case(name))
}

impl Topic {
    /// As the title of a section.
    pub fn title(&self) -> String {
        match self.name {
            "line" => "THE LINE".into(),
            "output" => "OUTPUT FORMS".into(),
            other => other.to_uppercase(),
        }
    }

    pub fn text(&self, width: usize) -> String {
        paragraph(&format!("{}:", self.about), width) + &entries(self.rows, width)
    }
}

/// All settings, each with what it does.
pub fn settings(width: usize) -> String {
    let rows: Vec<_> = SETTINGS
        .iter()
        .map(|setting| (setting.name, setting.about))
        .collect();
    format!("Settings:\n{}", entries(&rows, width))
}

/// One setting: what it does, what values it takes, what holds now and where that comes from.
pub fn setting(setting: &Setting, now: &str, from: &str, width: usize) -> String {
    let default = match setting.default {
        "" => "empty",
        default => default,
    };
    let now = match now {
        "" => "empty",
        now => now,
    };
    let change = match setting.line {
        true => format!(
            "set {0} VALUE, or {0}=VALUE on a line for that line only",
            setting.name
        ),
        false => format!("set {} VALUE", setting.name),
    };
    let rows = [
        ("takes", values(setting.kind)),
        ("default", default.to_string()),
        ("now", format!("{now} (from: {from})")),
        ("change", change),
    ];
    let rows = rows.map(|(name, told)| (name.to_string(), told));
    format!(
        "{}{}",
        paragraph(&format!("{}: {}", setting.name, setting.about), width),
        entries(&rows, width)
    )
}

/// What values a setting of that kind takes, in words.
pub fn values(kind: Kind) -> String {
    match kind {
        Kind::Bool => "true or false".into(),
        Kind::Seconds => "a whole number of seconds".into(),
        Kind::Limit => "seconds, also with a fraction".into(),
        Kind::Size => "a number of bytes, as in 500M".into(),
        Kind::Count(most) => format!("a number from 0 to {most}"),
        Kind::Port => "a port from 1 to 65535".into(),
        Kind::Text => "text".into(),
        Kind::Command => "a line for your shell".into(),
        Kind::Path => "a file; ~/ is the home directory".into(),
        Kind::Secret => "a secret, which is never shown".into(),
        Kind::Url => "an address, or several with commas between".into(),
        Kind::Choice(words) => {
            let words = words.iter().map(|word| match *word {
                "" => "nothing",
                word => word,
            });
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::config::settings::{self, OUTPUTS};

    #[test]
    fn the_forms_are_those_of_the_setting() {
        let topic = find("output").unwrap();
        let told: Vec<&str> = topic.rows.iter().map(|(form, _)| *form).collect();
        assert_eq!(told, OUTPUTS);
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        for width in [40, 80] {
            let texts = TOPICS.iter().map(|topic| topic.text(width));
            let each = SETTINGS
                .iter()
                .map(|one| setting(one, "x", "default", width));
            for text in texts.chain(each).chain([settings(width)]) {
                assert!(text.lines().all(|line| line.width() <= width), "{text}");
            }
        }
    }

    #[test]
    fn a_setting_is_told_whole() {
        assert_eq!(
            setting(settings::find("retries").unwrap(), "5", "profile", 80),
            "\
retries: How often a reading call is sent again when no answer comes
  takes    a number from 0 to 20
  default  3
  now      5 (from: profile)
  change   set retries VALUE, or retries=VALUE on a line for that line only
"
        );
    }
}
