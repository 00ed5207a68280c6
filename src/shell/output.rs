//! What a line came to, printed: in its form, and where that form can, page by page while the next is fetched.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::session::{Session, Shown};
use crate::catalog::Field;
use crate::client::network::{Network, Stream};
use crate::client::pages::{Pages, Step, send};
use crate::client::{Client, Options, interrupted};
use crate::cloud::Request;
use crate::error::{Error, Kind};
use crate::print::{self, Printer};
use crate::record::answer::{Answer, Shape};
use crate::record::rows::Rows;
use crate::record::select::Sought;
use crate::record::select::wanted::Wanted;

/// An answer and how it is to be seen.
pub struct View {
    /// All of it, or the part of a list that came with the first call.
    pub answer: Answer,
    /// How the whole list is fetched, where the answer is a part of it.
    pub rest: Option<Rest>,
    /// The output form by name; `auto` is settled when it is printed.
    pub form: String,
    /// What of it is printed.
    pub wanted: Wanted,
    /// The catalogue's response fields, in its order.
    pub known: Vec<String>,
    /// The fields themselves, as far as the answer is what they describe.
    pub fields: Vec<Field>,
    /// What the form `auto` prints in place of rows.
    pub readable: Option<String>,
    /// What went wrong beside it; told below it, and the first gives the status.
    pub failures: Vec<Error>,
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
            wanted: Wanted::default(),
            known: Vec::new(),
            fields: Vec::new(),
            readable: None,
            failures: Vec::new(),
        }))
    }

    fn sought(&self) -> Sought {
        let paths = self.wanted.filter.as_deref().unwrap_or_default();
        Sought::of(paths, &self.fields)
    }
}

impl Session {
    /// Prints a view, with all of a list of which it has a part.
    pub(super) fn print_whole(&mut self, mut view: View) -> Result<(), Ending> {
        if view.form == "raw" && !view.answer.raw.is_empty() {
            self.set_aside(&mut view);
        }
        self.note_secrets(&view.answer.rows);
        let mut sought = view.wanted.sought(&view.fields);
        view.wanted.name(&mut view.known);
        let filtered = view.wanted.filter.is_some();
        let form = print::form(self.form(&view), filtered, self.ui.surface());
        let whole = form.is_none_or(|form| form.whole());
        let total = match view.rest.take() {
            Some(rest) if !whole && !view.wanted.gathers() => {
                self.print_pages(rest, &mut view, &mut sought)?
            }
            rest => self.print_at_once(rest, &mut view, &mut sought)?,
        };
        self.tell_unknown(sought.unknown());
        self.tell_limit(&view, total);
        Ok(())
    }

    /// The answer with all of a list of which the view has a part, and with all that the line wants left out.
    pub(super) fn whole(&mut self, mut view: View) -> Result<Answer, Error> {
        let Some(rest) = view.rest.take() else {
            return Ok(view.answer);
        };
        let mut sought = view.wanted.sought(&view.fields);
        let (answer, _) = self.gather(rest, view.answer, &Wanted::default(), &mut sought)?;
        Ok(answer)
    }

    /// What is recorded may be read by many: the secrets in it are struck at its end.
    fn note_secrets(&self, rows: &Rows) {
        if self.ui.is_recorded() {
            let hidden = self.variables.hidden();
            rows.values().for_each(|row| hidden.learn_fields(&row));
        }
    }

    /// Prints an answer that is there as a whole, or is fetched before it is printed. Tells how many rows there were to be
    /// printed, if that is known.
    fn print_at_once(
        &mut self,
        rest: Option<Rest>,
        view: &mut View,
        sought: &mut Sought,
    ) -> Result<Option<usize>, Ending> {
        let wanted = &view.wanted;
        let mut counted = view.answer.counted().and_then(|count| count.parse().ok());
        // Whether all rows that there are were looked at.
        let mut all = true;
        match rest {
            Some(rest) => {
                let first = std::mem::take(&mut view.answer);
                let (answer, total) = self.gather(rest, first, wanted, sought)?;
                view.answer = answer;
                counted = total;
                all = total.is_some();
            }
            None => {
                sought.see_all(&view.answer.rows);
                wanted.pick_from(&mut view.answer);
            }
        }
        let total = wanted.arrange(&mut view.answer, counted);
        wanted.shape(&mut view.answer.rows, Timestamp::now());
        let answer = std::mem::take(&mut view.answer);
        view.answer = view.wanted.asked(answer, &view.form)?;
        self.print(view)?;
        Ok(Some(total).filter(|_| all))
    }

    /// The body of the one call that was typed is printed as it came.
    fn set_aside(&self, view: &mut View) {
        if view.rest.take().is_some() {
            let (rows, count) = (view.answer.rows.len(), view.answer.counted());
            self.ui.warn(&format!(
                "raw is the body of one call: {rows} of {} rows",
                count.unwrap_or_default()
            ));
        }
        for word in std::mem::take(&mut view.wanted).words() {
            self.ui
                .warn(&format!("{word}= is set aside: raw is the body as it came"));
        }
    }

    /// Says how many rows there are where a limit left some out.
    fn tell_limit(&self, view: &View, total: Option<usize>) {
        let Some(limit) = view.wanted.limit.filter(|_| !self.ui.unread()) else {
            return;
        };
        match total {
            Some(total) if limit < total => self
                .ui
                .say(&format!("limit={limit}: {limit} of {total} rows")),
            Some(_) => {}
            None => self.ui.say(&format!(
                "limit={limit}: the first {limit} rows that where= keeps; those after them were not looked at"
            )),
        }
    }

    /// Prints the part of an answer that a view has.
    pub fn print(&self, view: &View) -> io::Result<()> {
        if let Some(text) = view.readable.as_ref().filter(|_| view.form == "auto") {
            return self.ui.print(text);
        }
        let pressed = self.presses();
        let paging = self.ui.paging();
        let stop = || self.presses() > pressed && !paging.get();
        let filter = view.wanted.filter.as_deref();
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
        let unread = self.ui.unread();
        self.ui.end_page()?;
        // Whoever left the pager early has seen a table, and not what it lacks.
        if let Some(left) = printer.left() {
            self.ui.whisper(&left);
        }
        if unread {
            return Ok(());
        }
        self.tell_unknown(printer.unknown());
        if let Some(note) = printer.note() {
            self.ui.warn(&note);
        }
        Ok(())
    }

    /// Names the fields that nobody knows.
    fn tell_unknown(&self, unknown: Vec<(String, Option<String>)>) {
        if self.ui.unread() {
            return;
        }
        for (path, nearest) in unknown {
            let nearest = nearest.map_or(String::new(), |near| format!("; did you mean {near}?"));
            self.ui
                .warn(&format!("no field {path} in the answer{nearest}"));
        }
    }

    /// Fetches all pages of a list before it is printed, and tells how many rows the cloud counts; nothing where it stopped
    /// before their end because no more rows are wanted.
    fn gather(
        &mut self,
        rest: Rest,
        first: Answer,
        wanted: &Wanted,
        sought: &mut Sought,
    ) -> Result<(Answer, Option<usize>), Error> {
        let mut paging = Paging::start(&*self.network()?, rest);
        let mut answer = Answer {
            rows: Rows::default(),
            ..first
        };
        let mut total = None;
        while !wanted.enough(answer.rows.len()) {
            let Some(mut rows) = paging.next(self)? else {
                total = Some(paging.total);
                break;
            };
            self.note_secrets(&rows);
            sought.see_all(&rows);
            wanted.pick(&mut rows);
            answer.rows.append(rows);
        }
        self.ui.clear_spinner();
        answer.recount();
        Ok((answer, total))
    }

    /// Prints a list's pages as they come, and tells how many rows there were to be printed, if that is known.
    fn print_pages(
        &mut self,
        rest: Rest,
        view: &mut View,
        sought: &mut Sought,
    ) -> Result<Option<usize>, Ending> {
        let pressed = self.presses();
        let network = self.network()?;
        let paging = self.ui.paging();
        let stop = || network.presses() > pressed && !paging.get();
        let now = Timestamp::now();
        let mut pages = Paging::start(&network, rest);
        let mut answer = std::mem::take(&mut view.answer);
        answer.rows = Rows::default();
        let wanted = &view.wanted;
        let (picks, limit) = (wanted.picks(), wanted.limit.unwrap_or(usize::MAX));
        let promised = pages.total.min(limit);
        answer.recount_to(promised);
        let form = self.form(view).to_string();
        // How many rows are picked is known when all of them are, and only text has a place for it then.
        let counts = picks && answer.take_count() && form == "text";
        let filter = wanted.filter.as_deref();
        let mut printer = Printer::new(
            &form,
            self.ui.surface(),
            filter,
            &view.known,
            view.sought(),
            &stop,
        )?;
        let mut begun = false;
        let mut printed = 0;
        loop {
            let came = pages.next(self)?;
            let over = came.is_none();
            let mut rows = came.unwrap_or_default();
            self.note_secrets(&rows);
            sought.see_all(&rows);
            wanted.pick(&mut rows);
            rows.truncate(limit - printed);
            wanted.shape(&mut rows, now);
            // Without any rows at all there is an empty list to print.
            if !rows.is_empty() || (over && !begun) {
                self.ui.write(|out| {
                    if !begun {
                        printer.begin(&answer, &rows, Some(promised), out)?;
                    }
                    printer.rows(&rows, out)
                })?;
                begun = true;
                printed += rows.len();
            }
            if over || wanted.enough(printed) || self.ui.unread() {
                break;
            }
        }
        self.ui.write(|out| {
            printer.end(out)?;
            match counts && printed > 0 {
                true => writeln!(out, "count = {printed}"),
                false => Ok(()),
            }
        })?;
        self.tell(&printer)?;
        Ok(match picks {
            true => Some(printed).filter(|printed| !wanted.enough(*printed)),
            false => Some(pages.total),
        })
    }
}

/// A list's pages on their way.
struct Paging {
    client: Arc<Client>,
    stream: Stream<Step>,
    what: String,
    start: Instant,
    /// How many rows came so far, and how many the cloud counts.
    came: usize,
    total: usize,
}

impl Paging {
    fn start(network: &Network, rest: Rest) -> Paging {
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
            start: Instant::now(),
            came: 0,
            total,
        }
    }

    /// Waits for the next page, with a bar; nothing after the last.
    fn next(&mut self, session: &Session) -> Result<Option<Rows>, Error> {
        let draw = |came: usize, total: usize| {
            let (what, elapsed) = (&self.what, self.start.elapsed());
            session.ui.rows(what, came, total, elapsed);
        };
        let step = self.stream.next(|_| {
            session.attend(&self.client);
            draw(self.came, self.total);
        });
        session.attend(&self.client);
        match step {
            Some(Step::Page(rows, total)) => {
                self.came += rows.len();
                self.total = total;
                draw(self.came, self.total);
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
