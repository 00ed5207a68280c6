//! Rows in columns of one width: the guide's grid under `count = N` and the list's name, or without lines. At a terminal
//! the most useful columns that fit, and what was left out is told; elsewhere all of them in full.

use std::collections::HashMap;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::brief::{address, brief};
use super::fit::{cut, squeeze};
use super::surface::{PLAIN, Surface, color, harmless};
use super::useful::{Chosen, Kind, NIC_ADDRESS, Seen, choose};
use super::{Form, Head, cell};
use crate::record::answer::{Shape, count};
use crate::record::rows::Row;
use crate::record::{Record, Value};

/// What stands around the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dress {
    /// Lines around each cell, its text in the middle.
    Grid,
    /// Blanks between the columns.
    Bare,
}

impl Dress {
    /// How many columns of the terminal a cell takes beside its text.
    fn beside(self) -> usize {
        match self {
            Dress::Grid => 3,
            Dress::Bare => 2,
        }
    }

    /// How much room the cells and what is beside them have on a line.
    fn room(self, width: usize) -> usize {
        match self {
            Dress::Grid => width.saturating_sub(1),
            Dress::Bare => width + 2,
        }
    }
}

pub struct Table {
    dress: Dress,
    /// How wide lines may be; without it nothing is left out or cut.
    width: Option<usize>,
    color: bool,
    seen: Vec<Seen>,
    places: HashMap<String, usize>,
    rows: usize,
    chosen: Vec<Chosen>,
    /// Where a column stands that is shown, by its place.
    slots: Vec<Option<usize>>,
    headers: Vec<String>,
    left: Vec<String>,
}

impl Table {
    /// The table that fits its surface, or all of it where `whole` is set.
    pub fn new(dress: Dress, surface: Surface, whole: bool) -> Table {
        Table {
            dress,
            width: surface.width.filter(|_| !whole),
            color: surface.color,
            seen: Vec::new(),
            places: HashMap::new(),
            rows: 0,
            chosen: Vec::new(),
            slots: Vec::new(),
            headers: Vec::new(),
            left: Vec::new(),
        }
    }

    fn shown(&self, value: &Value) -> String {
        match self.width {
            Some(_) => harmless(&brief(value), &[]),
            None => harmless(&cell(value), &[]),
        }
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.seen.len();
        self.places.insert(name.into(), place);
        self.seen.push(Seen::new(&harmless(name, &[])));
        place
    }

    fn see(&mut self, name: &str, value: &Value, called: Option<&str>) {
        let text = self.shown(value);
        let place = self.place(name);
        self.seen[place].see(&text, kind(value, &text), called);
    }

    /// The address of a machine, which stands in a list of its own.
    fn address(&self, record: &Record) -> Option<Value> {
        self.width?;
        address(record).map(Value::String)
    }

    fn choose(&mut self, filter: Option<&[String]>) {
        let beside = self.dress.beside();
        let room = self.width.map(|width| self.dress.room(width));
        if let Some(filter) = filter {
            for name in filter {
                let place = self.place(name);
                if !self.chosen.iter().any(|chosen| chosen.place == place) {
                    let width = self.seen[place].natural();
                    self.chosen.push(Chosen { place, width });
                }
            }
            // What was asked for is never left out, so that lines may be longer where not even a letter of each fits.
            let room = room.and_then(|room| room.checked_sub(beside * self.chosen.len()));
            if let Some(room) = room {
                let mut widths: Vec<_> = (self.chosen.iter())
                    .map(|chosen| (chosen.width, self.seen[chosen.place].gives()))
                    .collect();
                if squeeze(&mut widths, room) {
                    for (chosen, (width, _)) in self.chosen.iter_mut().zip(widths) {
                        chosen.width = width;
                    }
                }
            }
            return;
        }
        let room = room.unwrap_or(usize::MAX);
        let (chosen, left) = choose(&self.seen, self.rows, room, beside);
        self.chosen = chosen;
        self.left = (left.iter().map(|place| self.seen[*place].name.clone())).collect();
    }

    fn heading(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.width {
            Some(width) => writeln!(out, "{}", cut(text, width)),
            None => writeln!(out, "{text}"),
        }
    }

    fn rule(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.dress == Dress::Bare {
            return Ok(());
        }
        for chosen in &self.chosen {
            write!(out, "+{}", "-".repeat(chosen.width + 2))?;
        }
        out.write_all(b"+\n")
    }

    fn line(&self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        let last = self.chosen.len().saturating_sub(1);
        for (index, (text, chosen)) in cells.iter().zip(&self.chosen).enumerate() {
            let text = match self.width {
                Some(_) => cut(text, chosen.width),
                None => text.into(),
            };
            let spare = chosen.width.saturating_sub(text.width());
            let (before, left, right) = match self.dress {
                Dress::Grid => ("| ", spare / 2, spare - spare / 2 + 1),
                Dress::Bare if index == last => ("", 0, 0),
                Dress::Bare => ("", 0, spare + 2),
            };
            let paint = || color(self.seen[chosen.place].known(), &cells[index]);
            write!(out, "{before}{:left$}", "")?;
            match self.color.then(paint).flatten() {
                Some(paint) => write!(out, "{paint}{text}{PLAIN}")?,
                None => out.write_all(text.as_bytes())?,
            }
            write!(out, "{:right$}", "")?;
        }
        out.write_all(match self.dress {
            Dress::Grid => b"|\n".as_slice(),
            Dress::Bare => b"\n",
        })
    }
}

impl Form for Table {
    fn whole(&self) -> bool {
        true
    }

    /// The columns and their widths are those of all rows.
    fn looks(&self) -> bool {
        true
    }

    fn look(&mut self, row: &Row) {
        self.rows += 1;
        if let Value::Record(record) = &*row.value() {
            let called = record.text("name");
            for (name, value) in &record.fields {
                self.see(name, value, called.as_deref());
            }
            if let Some(address) = self.address(record) {
                self.see(NIC_ADDRESS, &address, None);
            }
        }
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        if head.shape == Shape::List && self.dress == Dress::Grid {
            let told = count(head.head);
            if head.empty || told.is_some() {
                let (name, value) = told.unwrap_or(("count", &Value::Null));
                let value = value.scalar().unwrap_or_else(|| "0".into());
                self.heading(&format!("{name} = {}", harmless(&value, &[])), out)?;
            }
            if let (Some(name), false) = (head.name, head.empty) {
                self.heading(&format!("{}:", harmless(name, &[])), out)?;
            }
        }
        if head.empty {
            return Ok(());
        }
        for seen in &mut self.seen {
            seen.stands_in(head.name.unwrap_or_default());
        }
        self.choose(head.filter);
        if self.chosen.is_empty() {
            return Ok(());
        }
        self.slots = vec![None; self.seen.len()];
        for (slot, chosen) in self.chosen.iter().enumerate() {
            self.slots[chosen.place] = Some(slot);
        }
        let header = |chosen: &Chosen| match (self.dress, &self.seen[chosen.place].name) {
            (Dress::Grid, name) => name.clone(),
            (Dress::Bare, name) => name.to_uppercase(),
        };
        self.headers = self.chosen.iter().map(header).collect();
        for (chosen, header) in self.chosen.iter_mut().zip(&self.headers) {
            // A few letters have capitals of another width.
            if self.width.is_none() {
                chosen.width = chosen.width.max(header.width());
            }
        }
        self.rule(out)?;
        self.line(&self.headers, out)?;
        self.rule(out)
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let value = row.value();
        if self.chosen.is_empty() {
            return self.heading(&self.shown(&value), out);
        }
        let empty = match self.dress {
            Dress::Grid => "",
            // Whoever takes lines apart at blanks finds every column.
            Dress::Bare => "-",
        };
        let mut cells = vec![String::from(empty); self.chosen.len()];
        let slot = |name: &str| self.places.get(name).and_then(|place| self.slots[*place]);
        let mut put = |slot: Option<usize>, value: &Value| {
            if let Some(slot) = slot {
                let text = self.shown(value);
                if !text.is_empty() {
                    cells[slot] = text;
                }
            }
        };
        match &*value {
            Value::Record(record) => {
                for (name, value) in &record.fields {
                    put(slot(name), value);
                }
                if let (Some(slot), Some(address)) = (slot(NIC_ADDRESS), self.address(record)) {
                    put(Some(slot), &address);
                }
            }
            scalar => put(Some(0), scalar),
        }
        self.line(&cells, out)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.chosen.is_empty() {
            return Ok(());
        }
        self.rule(out)
    }

    fn left(&self) -> Option<String> {
        let width = self.width?;
        told(&self.left, width)
    }
}

fn kind(value: &Value, text: &str) -> Kind {
    match value {
        Value::Number(_) => Kind::Number,
        Value::Bool(_) => Kind::Bool,
        Value::Record(record) if record.code().is_some() => Kind::Word,
        Value::List(_) | Value::Record(_) => Kind::Nested,
        Value::Null => Kind::Word,
        Value::String(_) if is_id(text) => Kind::Id,
        Value::String(_) if is_date(text) => Kind::Date,
        Value::String(_) => Kind::Word,
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A date with its time, as servers print them.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    (19..=32).contains(&bytes.len())
        && bytes
            .iter()
            .enumerate()
            .take(10)
            .all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            })
        && text.contains(':')
}

/// The line that names the columns left out, as many as fit.
fn told(left: &[String], width: usize) -> Option<String> {
    if left.is_empty() {
        return None;
    }
    let line = |named: usize| {
        let names = left[..named].join(", ");
        let more = match (named, left.len() - named) {
            (_, 0) => String::new(),
            (0, more) => more.to_string(),
            (_, more) => format!(" and {more} more"),
        };
        format!("not shown: {names}{more} (-o wide shows all, filter= picks)")
    };
    let fits = |named: &usize| line(*named).width() <= width;
    let named = (0..=left.len().min(width)).rev().find(fits).unwrap_or(0);
    Some(cut(&line(named), width).into_owned())
}
