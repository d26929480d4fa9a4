//! Scripts: lines of operations that are one edit, and errors with their places in it.

use std::fmt;
use std::ops::{ControlFlow, Range};

use dumpedit_layout::{AccessError, Context, Outcome, RecordChoice};

use crate::edit::Edit;
use crate::error::{Error, Hint};
use crate::notation::assignment::Assignment;
use crate::notation::line::{Line, Statement, is_thread_line, parse, span};
use crate::notation::operand::Operand;
use crate::notation::words::LineError;
use crate::notation::{Excerpt, Inputs, NotationError, Operation, ThreadText};
use crate::progress::{Progress, ProgressFn};
use crate::structure::StructureError;
use crate::structure::lost::{LostValue, Write};

/// The text of a script. Only the offsets of its lines are held, so that a million of them take little memory.
#[derive(Clone, Debug)]
pub struct Script {
    name: String,
    text: String,
    /// Offset of each line, in bytes.
    starts: Vec<usize>,
}

/// Options of applying a script.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ScriptOptions {
    /// Whether to report lines that fail and continue; else the first one fails the script. A line that can be done in part is then done in
    /// part, and reported.
    pub keep_going: bool,
    /// Whether to undo the script: its lines in reverse order, each with expected and written values exchanged.
    pub reverse: bool,
    /// Thread of lines that name none.
    pub thread: Option<ThreadText>,
    /// Record of lines that name none.
    pub record: RecordChoice,
}

impl ScriptOptions {
    /// Sets whether to continue behind lines that fail.
    pub fn keep_going(self, keep_going: bool) -> Self {
        ScriptOptions { keep_going, ..self }
    }

    /// Sets whether to undo the script.
    pub fn reverse(self, reverse: bool) -> Self {
        ScriptOptions { reverse, ..self }
    }

    /// Sets the thread and the record of lines that name none.
    pub fn thread(self, thread: Option<ThreadText>, record: RecordChoice) -> Self {
        ScriptOptions { thread, record, ..self }
    }
}

/// Result of applying a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Number of lines with operations.
    pub lines: u64,
    /// Number of these lines that were done completely.
    pub done: u64,
    /// Number of bytes in the lines that were done, completely or in part.
    pub requested: u64,
    /// Number of these bytes that were written.
    pub completed: u64,
}

/// The error of a line of a script, and its place in the script.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScriptError {
    /// Error.
    pub error: Box<Error>,
    /// Name of the script.
    pub script: String,
    /// Line, from 1.
    pub line: usize,
    /// Column of the wrong piece's first character in its line, from 1.
    pub column: usize,
    /// Length of the piece in characters, at least 1.
    pub length: usize,
    /// The line with the piece underlined.
    pub excerpt: Excerpt,
    /// Whether the line was done in part.
    pub in_part: bool,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.script, self.line, self.column, self.error)
    }
}

impl std::error::Error for ScriptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message contains that of the error.
        self.error.source()
    }
}

/// The reason why a script was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// A line failed.
    #[error(transparent)]
    Line(#[from] ScriptError),
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl Script {
    /// A script with a name and a text, which is not parsed yet.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Script {
        let (name, text) = (name.into(), text.into());
        let behind = text.match_indices('\n').map(|(at, _)| at.saturating_add(1));
        let starts = std::iter::once(0).chain(behind).filter(|start| *start < text.len()).collect();
        Script { name, text, starts }
    }

    /// The name of the script.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of a line, without its end.
    fn line(&self, index: usize) -> &str {
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = index.checked_add(1).and_then(|next| self.starts.get(next)).copied();
        let line = self.text.get(start..end.unwrap_or(self.text.len())).unwrap_or_default();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        // A Windows text file may begin with a byte order mark.
        if index == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line }
    }

    fn error(&self, index: usize, error: impl Into<Error>, span: Range<usize>) -> ScriptError {
        let (text, error) = (self.line(index), error.into());
        let span = piece(text, &error, span);
        let count = |range: Range<usize>| text.get(range).map_or(0, |text| text.chars().count());
        let (line, column) = (index.saturating_add(1), count(0..span.start).saturating_add(1));
        let length = count(span).max(1);
        let (error, script) = (Box::new(error), self.name.clone());
        let excerpt = Excerpt::new(line, text, column, length);
        ScriptError { error, script, line, column, length, excerpt, in_part: false }
    }

    fn parse(&self, index: usize) -> Result<Statement, ScriptError> {
        parse(self.line(index)).map_err(|LineError { error, span }| self.error(index, error, span))
    }

    /// The assignments of all lines, for a command that sets registers and does nothing else.
    ///
    /// # Errors
    /// [`ScriptError`] for any other line.
    pub fn registers(&self) -> Result<Vec<Assignment>, ScriptError> {
        let mut registers = Vec::new();
        for index in 0..self.starts.len() {
            match self.parse(index)? {
                Statement::Empty => {}
                Statement::Operation(line) if line.sets_only() => {
                    if let Operation::Set { registers: more, .. } = line.operation {
                        registers.extend(more);
                    }
                }
                _ => {
                    let text = self.line(index);
                    let error = NotationError::usage(text, "sets no register").with(Hint::ApplyScript);
                    return Err(self.error(index, error, 0..text.len()));
                }
            }
        }
        Ok(registers)
    }

    /// The default thread behind a line that was read; `None` where the line does not change it.
    fn default_behind(&self, index: usize, read: &Result<Statement, ScriptError>) -> Option<DefaultThread> {
        match read {
            Ok(Statement::Thread(thread, record)) => {
                Some(DefaultThread { thread: Some(thread.clone()), record: *record, is_known: true })
            }
            Err(_) if is_thread_line(self.line(index)) => Some(DefaultThread::default()),
            _ => None,
        }
    }

    /// The default thread in front of each line that changes it, with the line's number.
    fn defaults(&self, default: &DefaultThread) -> Vec<(usize, DefaultThread)> {
        let mut defaults = vec![(0, default.clone())];
        for index in 0..self.starts.len() {
            if let Some(next) = self.default_behind(index, &self.parse(index)) {
                defaults.push((index, next));
            }
        }
        defaults
    }
}

/// The thread and the record of lines that name none.
#[derive(Clone, Debug, Default)]
struct DefaultThread {
    thread: Option<ThreadText>,
    record: Option<RecordChoice>,
    /// Not known behind a wrong line that should have named the thread.
    is_known: bool,
}

/// The part of a span that an error is about, where the error has its text.
fn piece(line: &str, error: &Error, span: Range<usize>) -> Range<usize> {
    let written = line.get(span.clone()).unwrap_or_default();
    let named = error.names().filter(|name| !name.is_empty());
    match named.and_then(|name| Some((written.find(name)?, name.len()))) {
        Some((at, len)) => {
            let start = span.start.saturating_add(at);
            start..start.saturating_add(len)
        }
        None => span,
    }
}

impl Edit {
    /// Does all operations of some scripts in this edit. Each line sees the values that those before it set; parts are added and dropped
    /// when the edit is written. Without [`ScriptOptions::keep_going`], a line that can be done in part only is an error.
    ///
    /// `left_out` is called for each line that failed, or was done in part only, while the others continue; and for each `find --replace`
    /// without matches, which is not an error.
    ///
    /// # Errors
    /// [`ApplyError::Line`]; the edit may then have writes of earlier lines and should be dropped. With
    /// [`StructureError::Lost`](crate::StructureError::Lost) in all cases where a line sets what another one drops or rewrites.
    pub fn apply_scripts(
        &mut self,
        scripts: &[Script],
        options: &ScriptOptions,
        left_out: &mut dyn FnMut(ScriptError),
        progress: &mut ProgressFn<'_>,
    ) -> Result<Applied, ApplyError> {
        let before = (self.changes().len(), self.resized_fields().len());
        let applied = self.apply_each(scripts, options, left_out, progress, &mut |_, _, _| ())?;
        match self.lost_value() {
            Ok(Some(lost)) => match self.lost_line(scripts, options, lost, before) {
                Some(error) => Err(error.into()),
                None => Ok(applied),
            },
            // Other errors are those of writing the edit.
            _ => Ok(applied),
        }
    }

    /// The error of the line that sets a value which is lost; `before` are the numbers of changes and of resized fields in front of the
    /// scripts. The lines are done again in another edit, so that none of them has to be remembered in an edit without such an error.
    fn lost_line(
        &self,
        scripts: &[Script],
        options: &ScriptOptions,
        lost: LostValue,
        before: (usize, usize),
    ) -> Option<ScriptError> {
        let (mut sets, mut drops, mut parts) = (None, None, 0);
        let mut again = self.dump().edit_with(self.options());
        let done = |edit: &Edit| match lost.write {
            Write::Change(index) => index < edit.changes().len().saturating_add(before.0),
            Write::Resized(index) => index < edit.resized_fields().len().saturating_add(before.1),
        };
        let mut each = |edit: &Edit, script: usize, line: usize| {
            if sets.is_none() && done(edit) {
                sets = Some((script, line));
            }
            let with_parts = edit.part_changes().len();
            if drops.is_none() && with_parts != parts {
                parts = with_parts;
                drops = Some((script, line)).filter(|_| edit.loses(lost));
            }
        };
        let mut going_on = |_: Progress| ControlFlow::Continue(());
        again.apply_each(scripts, options, &mut |_| (), &mut going_on, &mut each).ok()?;
        let (script, line) = sets?;
        let set_in = scripts.get(script)?;
        let by = drops.map(|(of, line)| {
            let number = line.saturating_add(1);
            match scripts.get(of).filter(|_| of != script) {
                Some(other) => format!("line {number} of {}", other.name()),
                None => format!("line {number}"),
            }
        });
        let error = StructureError::Lost { file_offset: lost.file_offset, by };
        Some(set_in.error(line, Error::from(error), span(set_in.line(line), Operand::Line)))
    }

    /// Does the operations of all scripts, and calls `each` behind every line, with the index of its script and its own.
    fn apply_each(
        &mut self,
        scripts: &[Script],
        options: &ScriptOptions,
        left_out: &mut dyn FnMut(ScriptError),
        progress: &mut ProgressFn<'_>,
        each: &mut dyn FnMut(&Edit, usize, usize),
    ) -> Result<Applied, ApplyError> {
        let total = scripts.iter().fold(0u64, |sum, script| sum.saturating_add(script.text.len() as u64));
        let mut told = Told { done: 0, total, progress };
        let mut applied = Applied::default();
        let forward = 0..scripts.len();
        let order: Vec<usize> = if options.reverse { forward.rev().collect() } else { forward.collect() };
        for (index, script) in order.into_iter().filter_map(|index| Some((index, scripts.get(index)?))) {
            let mut each = |edit: &Edit, line: usize| each(edit, index, line);
            self.apply_script(script, options, &mut applied, left_out, &mut told, &mut each)?;
        }
        Ok(applied)
    }

    fn apply_script(
        &mut self,
        script: &Script,
        options: &ScriptOptions,
        applied: &mut Applied,
        left_out: &mut dyn FnMut(ScriptError),
        told: &mut Told<'_, '_>,
        each: &mut dyn FnMut(&Edit, usize),
    ) -> Result<(), ApplyError> {
        let record = Some(options.record).filter(|record| *record != RecordChoice::default());
        let mut default = DefaultThread { thread: options.thread.clone(), record, is_known: true };
        let lines = script.starts.len();
        // In reverse, the default threads must be known before a line is read.
        let known = if options.reverse { script.defaults(&default) } else { Vec::new() };
        for step in 0..lines {
            let index = if options.reverse { lines.saturating_sub(step).saturating_sub(1) } else { step };
            told.advance(script.line(index).len())?;
            let read = script.parse(index);
            if options.reverse {
                let named = known.partition_point(|(from, _)| *from <= index).saturating_sub(1);
                default = known.get(named).map_or(default, |(_, known)| known.clone());
            } else if let Some(next) = script.default_behind(index, &read) {
                default = next;
            }
            let line = match read {
                Ok(Statement::Operation(line)) => Ok(line),
                Ok(Statement::Empty) => continue,
                Ok(Statement::Thread(thread, _)) => match thread.find(self.dump().layout()) {
                    Ok(_) => continue,
                    Err(error) => Err(script.error(index, error, span(script.line(index), Operand::Place))),
                },
                Err(error) => Err(error),
            };
            applied.lines = applied.lines.saturating_add(1);
            let done = line.and_then(|line| {
                let outcome = self.apply_line(&line, &default, options);
                let outcome = outcome.map_err(|(error, operand)| {
                    script.error(index, error, span(script.line(index), operand))
                })?;
                Ok((outcome, matches!(line.operation, Operation::Replace { .. })))
            });
            match done {
                Ok((outcome, true)) if outcome.requested == 0 => {
                    left_out(script.error(index, Error::NoMatch, span(script.line(index), Operand::Line)));
                }
                Ok((outcome, _)) => {
                    applied.requested = applied.requested.saturating_add(outcome.requested);
                    applied.completed = applied.completed.saturating_add(outcome.completed);
                    match outcome.complete() {
                        Ok(_) => applied.done = applied.done.saturating_add(1),
                        Err(partial) => {
                            let place = span(script.line(index), Operand::Place);
                            left_out(ScriptError { in_part: true, ..script.error(index, partial, place) });
                        }
                    }
                }
                Err(error) if options.keep_going => left_out(error),
                Err(error) => return Err(error.into()),
            }
            each(self, index);
        }
        Ok(())
    }

    /// A register that an operation changes and whose value it needs, by any of its names: once it is changed, the meaning of the operation
    /// is lost.
    fn mentions_what_it_changes<'a>(&self, operation: &'a Operation, context: Context) -> Option<&'a str> {
        let view = self.view();
        let whole = |name: &str| {
            let (context, part) = view.named(context, name).ok()?;
            let registers = view.dump.layout().machine_of(context).registers();
            Some((context, registers.get(part.id)?.view.map_or(part.id, |view| view.parent)))
        };
        let changed: Vec<_> = operation.changed_registers().into_iter().filter_map(whole).collect();
        let mut mentioned = operation.mentioned_registers().into_iter();
        mentioned.find(|name| whole(name).is_some_and(|register| changed.contains(&register)))
    }

    fn apply_line(
        &mut self,
        line: &Line,
        default: &DefaultThread,
        options: &ScriptOptions,
    ) -> Result<Outcome, (Error, Operand)> {
        let reversed;
        let line = if options.reverse {
            reversed = line.reversed().map_err(|error| (error.into(), Operand::Line))?;
            &reversed
        } else {
            line
        };
        let record = line.record.or(default.record).unwrap_or_default();
        let layout = self.dump().layout();
        let found = match line.thread.as_ref().or(default.thread.as_ref()) {
            Some(thread) => thread.find(layout),
            None if !default.is_known => Err(AccessError::NeedsThread),
            None => layout.default_thread(),
        };
        let context: Result<Context, AccessError> = found.map(|index| Context::Thread(index, record));
        if options.reverse
            && let Ok(context) = context
            && let Some(name) = self.mentions_what_it_changes(&line.operation, context)
        {
            let problem = format!(
                "cannot be taken back: what the line writes or expects depends on @{name}, which it changes"
            );
            let error = NotationError::usage(name, problem).with_hint("write the value itself in its place");
            return Err((error.into(), Operand::Line));
        }
        if let (Err(error), Some(_)) = (&context, &line.thread) {
            return Err((error.clone().into(), Operand::Thread));
        }
        let rules = self.options();
        self.set_options(
            rules
                .all_or_nothing(rules.all_or_nothing || line.options.all_or_nothing || !options.keep_going)
                .allow_structure(rules.allow_structure || line.options.allow_structure),
        );
        let mut operand = Operand::Line;
        let done = self.perform_telling(&line.operation, context, &mut Inputs::files(), &mut operand);
        self.set_options(rules);
        done.map_err(|error| {
            // In a reversed line, the expected values are in the place of the new ones.
            let operand = match operand {
                Operand::Value(index) if options.reverse => Operand::Expect(index),
                Operand::Expect(index) if options.reverse => Operand::Value(index),
                operand => operand,
            };
            (error, operand)
        })
    }
}

/// Progress through the text of all scripts.
struct Told<'a, 'b> {
    done: u64,
    total: u64,
    progress: &'a mut ProgressFn<'b>,
}

impl Told<'_, '_> {
    /// Counts one more line.
    fn advance(&mut self, len: usize) -> Result<(), ApplyError> {
        const STEP: u64 = 1 << 20;
        let before = self.done;
        self.done = self.done.saturating_add(len as u64).saturating_add(1);
        if before / STEP == self.done / STEP {
            return Ok(());
        }
        match (self.progress)(Progress { done: self.done, total: self.total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ApplyError::Cancelled),
        }
    }
}
