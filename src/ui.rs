//! The terminal: where output goes, what is said on stderr, size and colour, the pager, the spinner and the bar. Nobody else
//! prints.

mod bar;
mod changes;
mod kept;
pub mod pager;
mod screen;

use std::cell::{Cell, RefCell};
use std::io::{self, BufWriter, IsTerminal, Write, stderr, stdout};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bar::Bar;
use kept::Gathering;
pub use kept::Transcript;
use pager::{Pager, Program};
pub use screen::Screen;

use crate::error::{Error, Result};
use crate::line::hidden::Hidden;
use crate::print::surface::{DIM, PLAIN, RED, Surface, YELLOW};
use crate::shell::help::layout::wrap;

const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// How much is printed at once, in bytes.
const BUFFER: usize = 64 << 10;
/// The same where somebody waits for the first screen.
const PAGED: usize = 4 << 10;
/// Shorter waits end before a spinner could be read.
const SPIN_AFTER: Duration = Duration::from_millis(300);

/// The process's terminal, or the files that stand in its place.
pub struct Ui {
    out_terminal: bool,
    err_terminal: bool,
    no_color: bool,
    color: bool,
    progress: bool,
    out: RefCell<Out>,
    /// What is printed goes into the last of these in place of stdout, where there is one.
    kept: RefCell<Vec<Vec<u8>>>,
    /// Where everything goes that has no terminal and no files.
    transcript: Option<Transcript>,
    spinning: RefCell<bool>,
    bar: RefCell<Option<Bar>>,
    /// Whether a pager has the terminal, and what is said when it has it no longer.
    paging: Rc<Cell<bool>>,
    /// How long pagers have had the terminal in all.
    read: Rc<Cell<Duration>>,
    unsaid: RefCell<String>,
    /// How long people were waited for.
    pondered: Cell<Duration>,
    /// What is not said of.
    hidden: Hidden,
}

enum Out {
    Paged(Pager),
    Stdout(BufWriter<io::Stdout>),
    Pipeline(Pipeline),
    /// Kept to be drawn on a screen, with all that is said.
    Screen(Vec<u8>),
}

/// A Unix pipeline that starts when there is something to give it.
struct Pipeline {
    shell: String,
    text: String,
    child: Option<Child>,
    /// What it prints, where that does not go to stdout and stderr by itself.
    gathering: Gathering,
    /// It has read all it wants.
    closed: bool,
}

impl Ui {
    /// `no_color` is whether NO_COLOR is set.
    pub fn new(no_color: bool) -> Ui {
        Ui {
            out_terminal: stdout().is_terminal(),
            err_terminal: stderr().is_terminal(),
            no_color,
            color: true,
            progress: true,
            out: RefCell::new(to_stdout()),
            kept: RefCell::default(),
            transcript: None,
            spinning: RefCell::new(false),
            bar: RefCell::new(None),
            paging: Rc::default(),
            read: Rc::default(),
            unsaid: RefCell::default(),
            pondered: Cell::default(),
            hidden: Hidden::default(),
        }
    }

    /// One whose data and talk go into a transcript.
    pub fn recorded(transcript: Transcript) -> Ui {
        Ui {
            out_terminal: false,
            err_terminal: false,
            transcript: Some(transcript),
            ..Ui::new(true)
        }
    }

    /// Whether everything goes into a transcript.
    pub fn is_recorded(&self) -> bool {
        self.transcript.is_some()
    }

    /// These texts are struck from all that is said.
    pub fn hide(&mut self, hidden: Hidden) {
        self.hidden = hidden;
    }

    /// Follows the setting `color`.
    pub fn set_color(&mut self, color: bool) {
        self.color = color;
    }

    /// Follows the setting `progress`.
    pub fn set_progress(&mut self, progress: bool) {
        self.progress = progress;
    }

    /// Whether what progresses is drawn, after so long a wait.
    fn draws(&self, elapsed: Duration) -> bool {
        let kept = matches!(*self.out.borrow(), Out::Screen(_));
        self.err_terminal && self.progress && elapsed >= SPIN_AFTER && !kept && !self.paging.get()
    }

    /// Whether what is printed now is seen on a terminal.
    pub fn to_terminal(&self) -> bool {
        let piped = matches!(*self.out.borrow(), Out::Pipeline(_));
        self.out_terminal && !piped && self.kept.borrow().is_empty()
    }

    /// The columns of the terminal; 80 where there is none.
    pub fn width(&self) -> usize {
        size().map_or(80, |(width, _)| width)
    }

    /// What answers are printed on now.
    pub fn surface(&self) -> Surface {
        Surface {
            width: self.to_terminal().then(|| self.width()),
            color: self.color() && self.to_terminal(),
        }
    }

    /// From now on output that proves longer than the screen goes through a pager, if it goes to a screen at all.
    pub fn page(&self, program: Program) {
        let screen = self.to_terminal() && matches!(*self.out.borrow(), Out::Stdout(_));
        if let (true, Some(size)) = (screen, size()) {
            let pager = Pager::new(program, size, self.paging.clone(), self.read.clone());
            self.out.replace(Out::Paged(pager));
        }
    }

    /// Output goes to stdout again; waits until the pager is left.
    pub fn end_page(&self) -> io::Result<()> {
        if !matches!(*self.out.borrow(), Out::Paged(_)) {
            return Ok(());
        }
        let (useless, ended) = match self.out.replace(to_stdout()) {
            Out::Paged(pager) => pager.end(),
            _ => (None, Ok(())),
        };
        let unsaid = self.unsaid.take();
        // Nothing can be done where stderr is closed.
        let _ = stderr().write_all(unsaid.as_bytes());
        if let Some(line) = useless {
            self.warn(&format!(
                "the pager `{line}` did not work, and all was printed (`set pager`, PAGER)"
            ));
        }
        ended
    }

    /// Does what takes as long as the user likes.
    pub fn wait_for_user<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.pondered.set(self.pondered.get() + start.elapsed());
        done
    }

    /// How long that took so far, pagers included, which is no time of any command.
    pub fn pondered(&self) -> Duration {
        self.pondered.get() + self.read.get()
    }

    /// Tells whether a pager has the terminal, and with it Ctrl-C.
    pub fn paging(&self) -> Rc<Cell<bool>> {
        self.paging.clone()
    }

    /// Whether the prompt may be coloured.
    pub fn color(&self) -> bool {
        self.color && !self.no_color && self.out_terminal
    }

    /// Something that is no data: progress, what a command did.
    pub fn say(&self, text: &str) {
        self.tell("", "", text);
    }

    pub fn warn(&self, text: &str) {
        self.tell(YELLOW, "warning: ", text);
    }

    /// Something beside the data that nobody has to read.
    pub fn whisper(&self, text: &str) {
        let text = harmless(&self.hidden.strike(text));
        self.put(&match self.color && !self.no_color && self.err_terminal {
            true => format!("{DIM}{text}{PLAIN}\n"),
            false => format!("{text}\n"),
        });
    }

    pub fn error(&self, error: &Error) {
        self.tell(RED, "error: ", &error.message);
        for hint in &error.hints {
            self.tell(DIM, "hint: ", hint);
        }
    }

    /// The same as one line of JSON, for programs.
    pub fn error_json(&self, error: &Error) {
        self.put(&format!("{}\n", error.json()));
    }

    fn tell(&self, color: &str, label: &str, text: &str) {
        let text = self.folded(label, &harmless(&self.hidden.strike(text)));
        self.put(
            &match self.color && !self.no_color && self.err_terminal && !label.is_empty() {
                true => format!("{color}{label}{PLAIN}{text}\n"),
                false => format!("{label}{text}\n"),
            },
        );
    }

    /// The text that is said after the label, in lines that fit where it is drawn: a screen cuts lines and wraps none.
    fn folded(&self, label: &str, text: &str) -> String {
        if !matches!(&*self.out.borrow(), Out::Screen(_)) {
            return text.into();
        }
        let whole = wrap(&format!("{label}{text}"), self.width()).join("\n");
        whole.get(label.len()..).unwrap_or_default().into()
    }

    /// Writes to stderr, to the screen that is made, or keeps it until the pager is left, which must not be drawn over.
    fn put(&self, text: &str) {
        self.clear_spinner();
        if let Out::Screen(kept) = &mut *self.out.borrow_mut() {
            kept.extend_from_slice(text.as_bytes());
            return;
        }
        if self.paging.get() && self.err_terminal {
            self.unsaid.borrow_mut().push_str(text);
            return;
        }
        if let Some(transcript) = &self.transcript {
            transcript.add(text.as_bytes());
            return;
        }
        // Nothing can be done where stderr is closed.
        let _ = stderr().write_all(text.as_bytes());
    }

    /// From now on output and what is said are kept to be drawn.
    pub fn begin_screen(&self) {
        *self.out.borrow_mut() = Out::Screen(Vec::new());
    }

    /// Takes what is to be drawn; output goes to stdout again.
    pub fn end_screen(&self) -> String {
        match self.out.replace(to_stdout()) {
            Out::Screen(kept) => String::from_utf8_lossy(&kept).into_owned(),
            Out::Stdout(_) | Out::Pipeline(_) | Out::Paged(_) => String::new(),
        }
    }

    /// From now on what is printed is kept, until `end_keeping` gives it.
    pub fn keep(&self) {
        self.kept.borrow_mut().push(Vec::new());
    }

    pub fn end_keeping(&self) -> Vec<u8> {
        self.kept.borrow_mut().pop().unwrap_or_default()
    }

    /// Whether what programs print that are started here does not simply go where stdout and stderr go.
    fn gathering(&self) -> Gathering {
        let kept = !self.kept.borrow().is_empty();
        Gathering::of(kept || self.transcript.is_some(), self.transcript.is_some())
    }

    /// Puts what a program printed where it belongs.
    fn gathered(&self, gathering: &mut Gathering) -> io::Result<()> {
        let (out, err) = gathering.end();
        if let Some(transcript) = &self.transcript {
            transcript.add(&err);
        }
        match out.is_empty() {
            true => Ok(()),
            false => self.write(|to| to.write_all(&out)),
        }
    }

    /// Runs a command of the user's shell and gives its exit status; it gets standard input if that is not in use.
    pub fn run_shell(&self, shell: &str, text: &str, stdin: bool) -> Result<u8> {
        let mut gathering = self.gathering();
        let mut command = Command::new(shell);
        command.arg("-c").arg(text);
        if !stdin || self.transcript.is_some() {
            command.stdin(Stdio::null());
        }
        let failed = |why: io::Error| {
            Error::local(format!("{shell} could not be started: {why}"))
                .hint("set SHELL to a shell that is there")
        };
        let mut child = gathering.start(&mut command).map_err(failed)?;
        let status = child.wait().map(status_of).map_err(failed)?;
        self.gathered(&mut gathering)
            .map_err(|why| Error::local(format!("the output could not be written: {why}")))?;
        Ok(status)
    }

    /// Writes data to where output goes at the moment.
    pub fn print(&self, text: &str) -> io::Result<()> {
        self.write(|out| out.write_all(text.as_bytes()))
    }

    /// Whether a pipeline or pager has read all it wants, so that nothing printed is seen.
    pub fn unread(&self) -> bool {
        match &*self.out.borrow() {
            Out::Pipeline(pipeline) => pipeline.closed,
            Out::Paged(pager) => pager.closed(),
            Out::Stdout(_) | Out::Screen(_) => false,
        }
    }

    /// Gives data to where output goes at the moment, flushed at the end. A pipeline that wants no more is no failure.
    pub fn write(&self, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.clear_spinner();
        match &mut *self.out.borrow_mut() {
            Out::Stdout(_) | Out::Paged(_) if !self.kept.borrow().is_empty() => {
                match self.kept.borrow_mut().last_mut() {
                    Some(kept) => body(kept),
                    None => Ok(()),
                }
            }
            Out::Stdout(out) => {
                if let Some(transcript) = &self.transcript {
                    return body(&mut &*transcript);
                }
                let written = body(out);
                // What was printed before a failure is out as well.
                let flushed = out.flush();
                written.and(flushed)
            }
            Out::Screen(kept) => body(kept),
            Out::Pipeline(pipeline) if pipeline.closed => Ok(()),
            Out::Pipeline(pipeline) => {
                let mut buffered = BufWriter::with_capacity(BUFFER, &mut *pipeline);
                let written = body(&mut buffered).and_then(|()| buffered.flush());
                drop(buffered);
                if pipeline.closed { Ok(()) } else { written }
            }
            Out::Paged(pager) if pager.closed() => Ok(()),
            Out::Paged(pager) => {
                let mut buffered = BufWriter::with_capacity(PAGED, &mut *pager);
                let written = body(&mut buffered).and_then(|()| buffered.flush());
                drop(buffered);
                if pager.closed() { Ok(()) } else { written }
            }
        }
    }

    /// From now on output goes into a pipeline run by `shell`.
    pub fn pipe_into(&self, shell: &str, text: &str) {
        *self.out.borrow_mut() = Out::Pipeline(Pipeline {
            shell: shell.into(),
            text: text.into(),
            child: None,
            gathering: self.gathering(),
            closed: false,
        });
    }

    /// Output goes to stdout again; waits for the pipeline, which is run even without input if `run`, and gives its
    /// status.
    pub fn end_pipe(&self, run: bool) -> Result<u8> {
        let Out::Pipeline(mut pipeline) = self.out.replace(to_stdout()) else {
            return Ok(0);
        };
        let text = pipeline.text.clone();
        let failed = |why: io::Error| Error::local(format!("| {text}: {why}"));
        let child = match pipeline.child.take() {
            Some(child) => Some(child),
            None if run => Some(pipeline.start().map_err(failed)?),
            None => None,
        };
        let Some(mut child) = child else {
            return Ok(0);
        };
        drop(child.stdin.take());
        let status = child.wait().map(status_of).map_err(failed)?;
        self.gathered(&mut pipeline.gathering).map_err(failed)?;
        Ok(status)
    }

    /// Draws the spinner on a terminal's stderr.
    pub fn spin(&self, what: &str, elapsed: Duration) {
        if !self.draws(elapsed) {
            return;
        }
        self.spinning.replace(true);
        let tick = (elapsed.as_millis() / 100) as usize % SPINNER.len();
        let line: String = format!("{} {} {}", SPINNER[tick], harmless(what), time(elapsed))
            .chars()
            .take(self.width().saturating_sub(1))
            .collect();
        let _ = write!(stderr(), "\r\x1b[2K{line}").and_then(|()| stderr().flush());
    }

    /// Draws on a terminal's stderr how many bytes of something have gone where.
    pub fn bar(&self, what: &str, done: u64, total: u64) {
        if !self.draws(SPIN_AFTER) {
            return;
        }
        self.bar
            .borrow_mut()
            .get_or_insert_with(|| Bar::of_bytes(&harmless(what), total, self.width()))
            .set(done);
    }

    /// Draws how many rows of a list are there of how many.
    pub fn rows(&self, what: &str, came: usize, total: usize, elapsed: Duration) {
        if !self.draws(elapsed) {
            return;
        }
        self.bar
            .borrow_mut()
            .get_or_insert_with(|| Bar::of_rows(&harmless(what), self.width()))
            .set_rows(came, total, time(elapsed));
    }

    /// Takes the spinner and the bar away.
    pub fn clear_spinner(&self) {
        if let Some(bar) = self.bar.take() {
            bar.clear();
        }
        if self.spinning.replace(false) {
            let _ = write!(stderr(), "\r\x1b[2K").and_then(|()| stderr().flush());
        }
    }
}

/// The columns and rows of the terminal; a very narrow one is taken for wider.
fn size() -> Option<(usize, usize)> {
    let (width, height) = terminal_size::terminal_size()?;
    Some((usize::from(width.0).max(20), usize::from(height.0)))
}

fn to_stdout() -> Out {
    Out::Stdout(BufWriter::with_capacity(BUFFER, stdout()))
}

impl Write for Pipeline {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.child.is_none() {
            self.child = Some(self.start()?);
        }
        let stdin = self.child.as_mut().and_then(|child| child.stdin.as_mut());
        match stdin.map_or(Ok(bytes.len()), |stdin| stdin.write(bytes)) {
            // `head` and its like stop reading when they have enough, and that is no failure.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Err(why)
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A time to a person.
fn time(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

impl Pipeline {
    fn start(&mut self) -> io::Result<Child> {
        let mut command = Command::new(&self.shell);
        command.arg("-c").arg(&self.text).stdin(Stdio::piped());
        self.gathering.start(&mut command)
    }
}

/// An exit status as shells tell it: 128 and the signal's number for a command that a signal ended.
fn status_of(status: std::process::ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let number = status
        .code()
        .or(signal.map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(number).unwrap_or(1)
}

/// Text from outside without what would move the cursor or change colours.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter.to_string(),
            _ if crate::print::surface::drives(letter) => letter.escape_default().to_string(),
            _ => letter.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_progresses_is_drawn_after_a_while_unless_that_is_off() {
        let mut ui = Ui {
            err_terminal: true,
            ..Ui::new(true)
        };
        assert!(ui.draws(SPIN_AFTER) && !ui.draws(Duration::ZERO));
        ui.set_progress(false);
        assert!(!ui.draws(SPIN_AFTER));
    }
}
