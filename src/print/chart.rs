//! A bar for each row: percentages of a capacity, the hours of usage records, or the one column of numbers that an answer
//! has or `filter=` names. Without one the answer is a table, and a note says what can be shown.

use std::collections::HashMap;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::fit::cut;
use super::surface::{GREEN, PLAIN, RED, Surface, YELLOW, harmless};
use super::table::{Dress, Table};
use super::{Form, Head, cell};
use crate::record::rows::Row;
use crate::record::{Record, Value};

/// As wide as a page where there is no terminal.
const WIDTH: usize = 80;
/// The parts of a column of the terminal, an eighth each.
const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What tells how full or how much something is, wherever it stands, and what it is told of.
const PERCENT: &str = "percentused";
const MEASURES: [(&str, &[&str]); 2] = [
    (PERCENT, &["name", "type", "zonename"]),
    ("rawusage", &["description", "name"]),
];
const NAMES: [&str; 4] = ["name", "displayname", "description", "id"];

pub struct Chart {
    surface: Surface,
    width: usize,
    columns: Vec<Column>,
    places: HashMap<String, usize>,
    /// Nothing where nothing can be drawn: then there is a table, and why.
    drawing: Option<Drawing>,
    table: Table,
    instead: Option<String>,
}

/// What is drawn, and how wide its parts are.
struct Drawing {
    labels: Vec<String>,
    measure: String,
    label: usize,
    value: usize,
    most: f64,
    percent: bool,
}

/// What was seen of a column.
#[derive(Default)]
struct Column {
    name: String,
    first: Option<String>,
    varies: bool,
    /// Whether all that stands there are numbers, and the largest of them.
    numbers: bool,
    most: f64,
    width: usize,
}

impl Chart {
    pub fn new(surface: Surface) -> Chart {
        Chart {
            surface,
            width: surface.width.unwrap_or(WIDTH),
            columns: Vec::new(),
            places: HashMap::new(),
            drawing: None,
            table: Table::new(Dress::Grid, surface, false),
            instead: None,
        }
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.places.get(name).map(|place| &self.columns[*place])
    }

    fn numbers(&self, name: &str) -> bool {
        self.column(name).is_some_and(|column| column.numbers)
    }

    /// Settles what is drawn, or why nothing is.
    fn settle(&mut self, filter: Option<&[String]>) -> Result<(), String> {
        let drawn: Vec<&str> = (self.columns.iter())
            .filter(|column| column.numbers && !column.name.ends_with("id"))
            .map(|column| &*column.name)
            .collect();
        let usual = MEASURES.iter().find(|(name, _)| self.numbers(name));
        let (measure, labels) = match (filter, usual) {
            (Some(filter), _) => {
                let measure = filter.iter().rev().find(|name| self.numbers(name));
                let labels = filter.iter().filter(|name| Some(*name) != measure);
                (
                    measure.map(String::as_str),
                    labels.map(String::as_str).collect(),
                )
            }
            (None, Some((measure, labels))) => (Some(*measure), self.telling(labels)),
            (None, None) => {
                let varied = drawn.iter().filter(|name| self.varies(name));
                let measure = match (&drawn[..], &varied.collect::<Vec<_>>()[..]) {
                    ([one], _) => Some(*one),
                    (_, [one]) => Some(**one),
                    _ => None,
                };
                (measure, self.telling(&NAMES))
            }
        };
        let Some(measure) = measure else {
            return Err(match &drawn[..] {
                [] => {
                    "chart draws a column of numbers, and this answer has none: this is the table"
                        .into()
                }
                several => format!(
                    "chart draws one column of numbers, and this answer has {}: name one, as in filter=name,{}; this is the table",
                    several.join(", "),
                    several[0]
                ),
            });
        };
        let wide = |name: &&str| self.column(name).map_or(0, |column| column.width + 1);
        let label = labels.iter().map(wide).sum::<usize>().saturating_sub(1);
        let percent = measure == PERCENT;
        let column = self.column(measure);
        let (most, width) = column.map_or((0.0, 0), |column| (column.most, column.width));
        let drawing = Drawing {
            label: label.min(self.width * 2 / 5),
            value: (width + usize::from(percent)).min(self.width / 3),
            most: if percent { most.max(100.0) } else { most },
            percent,
            labels: labels.into_iter().map(String::from).collect(),
            measure: measure.into(),
        };
        self.drawing = Some(drawing);
        Ok(())
    }

    /// Of the names that are there the first, and those of the others that tell rows apart.
    fn telling<'n>(&self, names: &[&'n str]) -> Vec<&'n str> {
        let mut there = names.iter().filter(|name| self.column(name).is_some());
        let first = there.next();
        let others = there.filter(|name| **name == "zonename" && self.varies(name));
        first.into_iter().chain(others).copied().collect()
    }

    fn varies(&self, name: &str) -> bool {
        self.column(name).is_some_and(|column| column.varies)
    }
}

impl Drawing {
    fn line(&self, record: &Record, surface: Surface, width: usize) -> String {
        let text = |name: &String| record.get(name).map(cell).unwrap_or_default();
        let label: Vec<String> = self.labels.iter().map(text).collect();
        let label = harmless(&label.join(" "), &[]);
        let label = cut(&label, self.label);
        let mut value = harmless(&text(&self.measure), &[]);
        let amount = number(&value).unwrap_or(0.0);
        if self.percent && !value.is_empty() {
            value.push('%');
        }
        let value = cut(&value, self.value);
        let room = width.saturating_sub(self.label + self.value + 2);
        let share = if self.most > 0.0 {
            amount / self.most
        } else {
            0.0
        };
        let bar = bar(share, room);
        let after = room - bar.width().min(room);
        let bar = match self.percent.then(|| warning(amount)) {
            Some(color) if surface.color && !bar.is_empty() => format!("{color}{bar}{PLAIN}"),
            _ => bar,
        };
        format!(
            "{label}{:label_after$} {bar}{:after$} {:value_before$}{value}",
            "",
            "",
            "",
            label_after = self.label - label.width().min(self.label),
            value_before = self.value - value.width().min(self.value),
        )
    }
}

/// What people are to think of a percentage.
fn warning(percent: f64) -> &'static str {
    match percent {
        percent if percent >= 90.0 => RED,
        percent if percent >= 75.0 => YELLOW,
        _ => GREEN,
    }
}

/// A bar of so much of the room, in eighths of a column; what is more than nothing is seen.
fn bar(share: f64, room: usize) -> String {
    let share = share.clamp(0.0, 1.0);
    let parts = PARTS.len();
    // Of a number between 0 and a terminal's width nothing is lost.
    let filled = (share * (room * parts) as f64).round() as usize;
    let filled = filled.max(usize::from(share > 0.0 && room > 0));
    format!("{}{}", "█".repeat(filled / parts), PARTS[filled % parts])
}

fn number(text: &str) -> Option<f64> {
    let number = text.trim_end_matches('%').parse::<f64>().ok()?;
    (number.is_finite() && text.starts_with(|first: char| first.is_ascii_digit() || first == '-'))
        .then_some(number)
}

impl Form for Chart {
    fn whole(&self) -> bool {
        true
    }

    /// The longest bar is the largest number's.
    fn looks(&self) -> bool {
        true
    }

    fn look(&mut self, row: &Row) {
        self.table.look(row);
        let value = row.value();
        let Value::Record(record) = &*value else {
            return;
        };
        for (name, value) in &record.fields {
            let place = *self.places.entry(name.to_string()).or_insert_with(|| {
                self.columns.push(Column {
                    name: name.to_string(),
                    numbers: true,
                    ..Column::default()
                });
                self.columns.len() - 1
            });
            self.columns[place].see(value);
        }
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        if !head.empty
            && let Err(why) = self.settle(head.filter)
        {
            self.instead = Some(why);
        }
        match self.drawing {
            None => self.table.begin(head, out),
            Some(_) => Ok(()),
        }
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        match (&self.drawing, &*row.value()) {
            (Some(drawing), Value::Record(record)) => {
                let line = drawing.line(record, self.surface, self.width);
                writeln!(out, "{}", line.trim_end())
            }
            _ => self.table.row(row, out),
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.drawing {
            None => self.table.end(out),
            Some(_) => Ok(()),
        }
    }

    fn note(&self) -> Option<String> {
        self.instead.clone()
    }

    fn left(&self) -> Option<String> {
        self.table.left()
    }
}

impl Column {
    fn see(&mut self, value: &Value) {
        let text = match value {
            Value::List(_) | Value::Record(_) | Value::Bool(_) => {
                self.numbers = false;
                return;
            }
            scalar => scalar.scalar().unwrap_or_default(),
        };
        self.width = self.width.max(harmless(&text, &[]).width());
        match number(&text) {
            Some(number) => self.most = self.most.max(number),
            None => self.numbers &= text.is_empty() && self.first.is_some(),
        }
        match &self.first {
            None => self.first = Some(text),
            Some(first) => self.varies |= *first != text,
        }
    }
}
