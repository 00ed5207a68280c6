//! What a line came to, printed: in its form, and where that form can, page by page while the next is fetched.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::session::{Session, Shown};
use crate::catalog::Field;
use crate::client::network::{Network, Stream};
use crate::client::pages::{Pages, Step, send};
use crate::client::{Client, Options, interrupted};
use crate::cloud::Request;
use crate::error::{Error, Kind};
use crate::print::Printer;
use crate::record::answer::{Answer, Shape};
use crate::record::rows::Rows;
use crate::record::select::{self, Sought};

/// What a line wants printed of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub filter: Option<Vec<String>>,
    /// How many rows at most.
    pub limit: Option<usize>,
}

impl Wanted {
    /// Takes a word of the line if it says what is wanted; an error where its value says nothing.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool, Error> {
        match name.to_ascii_lowercase().as_str() {
            "filter" => {
                self.filter = Some(select::paths(value)).filter(|paths| !paths.is_empty());
            }
            "limit" => match value.trim().parse() {
                Ok(most) if most > 0 => self.limit = Some(most),
                _ => {
                    return Err(Error::line(format!(
                        "limit: \"{value}\" is not a number of rows from 1"
                    )));
                }
            },
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// An answer and how it is to be seen.
pub struct View {
    /// All of it, or the part of a list that came with the first call.
    pub answer: Answer,
    /// How the whole list is fetched, where the answer is a part of it.
    pub rest: Option<Rest>,
    /// The output form by name; `auto` is settled when it is printed.
    pub form: String,
    pub filter: Option<Vec<String>>,
    /// How many rows of a list are printed at most.
    pub limit: Option<usize>,
    /// The catalogue's response fields, in its order.
    pub known: Vec<String>,
    /// The fields themselves, as far as the answer is what they describe.
    pub fields: Vec<Field>,
}

/// The pages of a list that is not there yet.
pub struct Rest {
    pub client: Arc<Client>,
    pub request: Request,
    pub options: Options,
    pub pages: Pages,
}

/// Why printing ended before everything was printed.
pub enum Ending {
    Unwritten(io::Error),
    Failed(Error),
}

impl From<io::Error> for Ending {
    fn from(why: io::Error) -> Ending {
        match why.kind() {
            io::ErrorKind::Interrupted => {
                Ending::Failed(Error::new(Kind::Interrupted, "printing was interrupted"))
            }
            _ => Ending::Unwritten(why),
        }
    }
}

impl From<Error> for Ending {
    fn from(error: Error) -> Ending {
        Ending::Failed(error)
    }
}

impl View {
    pub fn of(answer: Answer, form: String) -> Shown {
        Shown::Answer(Box::new(View {
            answer,
            rest: None,
            form,
            filter: None,
            limit: None,
            known: Vec::new(),
            fields: Vec::new(),
        }))
    }

    /// Leaves out the rows of a list over the limit, and tells how many there are.
    fn shorten(&mut self) -> usize {
        let answer = &mut self.answer;
        let there = answer.rows.len();
        match self.limit {
            Some(limit) if answer.shape == Shape::List && there >= limit => {
                let counted = answer.head.text("count");
                answer.rows.truncate(limit);
                answer.recount();
                counted
                    .and_then(|count| count.parse().ok())
                    .unwrap_or(there)
            }
            _ => 0,
        }
    }

    fn sought(&self) -> Sought {
        let paths = self.filter.as_deref().unwrap_or_default();
        Sought::of(paths, &self.fields)
    }
}

impl Session {
    /// Prints a view, with all of a list of which it has a part.
    pub(super) fn print_whole(&mut self, mut view: View) -> Result<(), Ending> {
        if view.form == "raw" && !view.answer.raw.is_empty() {
            self.set_aside(&mut view);
        }
        let Some(rest) = view.rest.take() else {
            let total = view.shorten();
            self.print(&view)?;
            self.tell_limit(&view, total);
            return Ok(());
        };
        let pressed = self.presses();
        let network = self.network()?;
        let paging = self.ui.paging();
        let stop = || network.presses() > pressed && !paging.get();
        let form = self.form(&view).to_string();
        let sought = view.sought();
        let filter = view.filter.as_deref();
        let surface = self.ui.surface();
        let mut printer = Printer::new(&form, surface, filter, &view.known, sought, &stop)?;
        let first = std::mem::take(&mut view.answer);
        let total = if printer.whole() {
            let (answer, total) = self.gather(rest, first)?;
            self.ui.write(|out| printer.print(&answer, out))?;
            total
        } else {
            let head = Answer {
                rows: Rows::default(),
                ..first
            };
            let paging = Paging::start(&network, rest, view.limit);
            self.print_pages(paging, head, &mut printer)?
        };
        self.tell(&printer)?;
        self.tell_limit(&view, total);
        Ok(())
    }

    /// The body of the one call that was typed is printed as it came.
    fn set_aside(&self, view: &mut View) {
        if view.rest.take().is_some() {
            let (rows, count) = (view.answer.rows.len(), view.answer.head.text("count"));
            self.ui.warn(&format!(
                "raw is the body of one call: {rows} of {} rows",
                count.unwrap_or_default()
            ));
        }
        for (word, given) in [
            ("filter", view.filter.take().is_some()),
            ("limit", view.limit.take().is_some()),
        ] {
            if given {
                self.ui
                    .warn(&format!("{word}= is set aside: raw is the body as it came"));
            }
        }
    }

    /// Says how many rows there are where a limit left some out.
    fn tell_limit(&self, view: &View, total: usize) {
        if let Some(limit) = view.limit.filter(|limit| *limit < total)
            && !self.ui.unread()
        {
            self.ui
                .say(&format!("limit={limit}: {limit} of {total} rows"));
        }
    }

    /// Prints the part of an answer that a view has.
    pub fn print(&self, view: &View) -> io::Result<()> {
        let pressed = self.presses();
        let paging = self.ui.paging();
        let stop = || self.presses() > pressed && !paging.get();
        let filter = view.filter.as_deref();
        let (form, surface) = (self.form(view), self.ui.surface());
        let mut printer = Printer::new(form, surface, filter, &view.known, view.sought(), &stop)?;
        self.ui.write(|out| printer.print(&view.answer, out))?;
        self.tell(&printer)?;
        Ok(())
    }

    fn form<'v>(&self, view: &'v View) -> &'v str {
        match view.form.as_str() {
            "auto" if view.answer.shape == Shape::List && self.ui.to_terminal() => "table",
            "auto" => "text",
            form => form,
        }
    }

    /// Says what of the answer is not there, below what is.
    fn tell(&self, printer: &Printer) -> io::Result<()> {
        if self.ui.unread() {
            return Ok(());
        }
        self.ui.end_page()?;
        for (path, nearest) in printer.unknown() {
            let nearest = nearest.map_or(String::new(), |near| format!("; did you mean {near}?"));
            self.ui
                .warn(&format!("no field {path} in the answer{nearest}"));
        }
        if let Some(note) = printer.note() {
            self.ui.warn(&note);
        }
        if let Some(left) = printer.left() {
            self.ui.whisper(&left);
        }
        Ok(())
    }

    /// Fetches all pages of a list before it is printed, and tells how many rows the cloud counts.
    fn gather(&mut self, rest: Rest, first: Answer) -> Result<(Answer, usize), Error> {
        let Rest {
            client,
            request,
            options,
            pages,
        } = rest;
        let what = request.api.clone();
        let (told, telling) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (rows, total) = (told.clone(), telling.clone());
        let progress = move || {
            let (rows, total) = (
                told.load(Ordering::Relaxed),
                telling.load(Ordering::Relaxed),
            );
            format!("{what}: {rows} of {total} rows")
        };
        let caller = client.clone();
        let whole = self.on_network(&client, progress, |mut interrupt| async move {
            let seen = move |have: usize, of: usize| {
                rows.store(have, Ordering::Relaxed);
                total.store(of, Ordering::Relaxed);
            };
            tokio::select! {
                whole = pages.gather(&caller, &options, first, seen) => whole,
                () = interrupt.pressed() => Err(interrupted(&request, true)),
            }
        })??;
        for note in &whole.notes {
            self.ui.warn(note);
        }
        let total = whole.total.unwrap_or(0);
        Ok((whole.answer, total))
    }

    /// Prints a list's pages as they come, and tells how many rows the cloud counts; `answer` is what stands around them.
    fn print_pages(
        &mut self,
        mut paging: Paging,
        mut answer: Answer,
        printer: &mut Printer,
    ) -> Result<usize, Ending> {
        let promised = paging.promised;
        answer.recount_to(promised);
        let mut begun = false;
        loop {
            let rows = match paging.next(self)? {
                Some(rows) => rows,
                None if begun => break,
                // Everything is gone since the first call.
                None => Rows::default(),
            };
            let empty = rows.is_empty();
            self.ui.write(|out| {
                if !begun {
                    printer.begin(&answer, &rows, Some(promised), out)?;
                }
                printer.rows(&rows, out)
            })?;
            begun = true;
            if empty || self.ui.unread() {
                break;
            }
        }
        self.ui.write(|out| printer.end(out))?;
        Ok(paging.total)
    }
}

/// A list's pages on their way.
struct Paging {
    client: Arc<Client>,
    stream: Stream<Step>,
    what: String,
    /// How many rows came so far, and how many the cloud counts.
    came: usize,
    total: usize,
    /// How many rows there will be if the list stays as it is.
    promised: usize,
}

impl Paging {
    fn start(network: &Network, rest: Rest, limit: Option<usize>) -> Paging {
        let Rest {
            client,
            request,
            options,
            pages,
        } = rest;
        let (what, total, caller) = (request.api.clone(), pages.total, client.clone());
        let mut interrupt = network.interrupt();
        let stream = network.stream(|sender| async move {
            tokio::select! {
                () = send(&caller, &options, pages, &sender) => {}
                () = interrupt.pressed() => {
                    // Without a receiver nobody is there to be told.
                    let _ = sender.send(Step::Failed(interrupted(&request, true))).await;
                }
            }
        });
        Paging {
            client,
            stream,
            what,
            came: 0,
            total,
            promised: limit.map_or(total, |limit| limit.min(total)),
        }
    }

    /// Waits for the next page, with a spinner; nothing after the last.
    fn next(&mut self, session: &Session) -> Result<Option<Rows>, Error> {
        let step = self.stream.next(|elapsed| {
            session.attend(&self.client);
            let (what, came, total) = (&self.what, self.came, self.total);
            session
                .ui
                .spin(&format!("{what}: {came} of {total} rows"), elapsed);
        });
        session.ui.clear_spinner();
        session.attend(&self.client);
        match step {
            Some(Step::Page(rows, total)) => {
                self.came += rows.len();
                self.total = total;
                Ok(Some(rows))
            }
            Some(Step::End(notes)) => {
                notes.iter().for_each(|note| session.ui.warn(note));
                Ok(None)
            }
            Some(Step::Failed(error)) if self.came > 0 => {
                Err(error.hint(format!("{} of {} rows came before", self.came, self.total)))
            }
            Some(Step::Failed(error)) => Err(error),
            None => Err(Error::local("the network's thread ended unexpectedly")
                .hint("this is a fault of the program; please report it")),
        }
    }
}
