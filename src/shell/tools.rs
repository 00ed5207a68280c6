//! A command of another tool as an alias: its words become a call, and what came of that the lines that the tool prints.

use super::session::{Session, Shown};
use crate::cloud::{Request, Tool};
use crate::error::{Error, Result};
use crate::line::command::{Call, Given};

impl Session {
    /// Carries such a command out. Settings on the line win over those that the command has by itself; where they say how an
    /// answer is to be printed, it is printed so.
    pub(super) fn tool(
        &mut self,
        name: &str,
        args: &[String],
        settings: &[(String, String)],
    ) -> Result<Shown> {
        let dialect = self.dialect();
        let Some(tool) = dialect.tools().iter().find(|tool| tool.name == name) else {
            return Err(Error::line(format!("{name} is not a command here")));
        };
        let asked = (tool.call)(args).map_err(|error| {
            let message = format!("{name} was not sent: {}", error.message);
            Error { message, ..error }.hint(format!("usage: {name} {}", tool.args))
        })?;
        let own = asked.settings.iter();
        let own = own.filter(|(own, _)| !settings.iter().any(|(given, _)| given == own));
        let own = own.map(|(name, value)| (name.to_string(), value.clone()));
        let call = Call {
            name: asked.api.into(),
            api: self.catalog()?.api(asked.api)?,
            params: asked
                .params
                .iter()
                .map(|(name, value)| (name.clone(), given(value)))
                .collect(),
            settings: own.chain(settings.iter().cloned()).collect(),
            hints: Vec::new(),
            checked: true,
        };
        let request = Request {
            api: asked.api.into(),
            params: asked.params,
        };
        let shown = self.called(call)?;
        self.in_lines_of(tool, &request, settings, shown)
    }

    fn in_lines_of(
        &mut self,
        tool: &Tool,
        request: &Request,
        settings: &[(String, String)],
        shown: Shown,
    ) -> Result<Shown> {
        let (_, wanted) = self.for_line(settings)?;
        let on_line = settings.iter().any(|(name, _)| name == "output");
        let formed = on_line || self.flags.output.is_some();
        let plain = wanted.words().iter().all(|word| *word == "age");
        match shown {
            Shown::Answer(view) if !formed && plain => {
                let text = (tool.lines)(request, &view.answer);
                Ok(Shown::Text(text))
            }
            shown => Ok(shown),
        }
    }
}

/// A value as the tools take it, `@FILE` as everywhere here.
fn given(value: &str) -> Given {
    match value.strip_prefix('@') {
        Some("-") => Given::Stdin,
        Some(path) if !path.is_empty() => Given::File(path.into()),
        _ => Given::Text(value.into()),
    }
}
