//! The edits of a history that are in force, and those that were undone and can be redone.

use crate::journal::record::{EntryKind, Head};

/// Numbers of edits, the earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stack {
    /// Edits in force.
    pub(crate) in_force: Vec<u64>,
    /// Edits that were undone, and can be redone in this order.
    pub(crate) taken_back: Vec<u64>,
}

impl Stack {
    /// The state after a history. Undos and redos name the last edit in force after them, so that the state is known even where an entry is
    /// missing.
    pub(crate) fn of<'a>(history: impl IntoIterator<Item = &'a Head>) -> Stack {
        let mut stack = Stack::default();
        for head in history {
            match head.kind {
                EntryKind::Edit => {
                    stack.in_force.push(head.number);
                    stack.taken_back.clear();
                }
                EntryKind::Unkept => stack.taken_back.clear(),
                EntryKind::Undo => {
                    let taken = stack.after(head.last_in_force).to_vec();
                    stack.in_force.truncate(stack.in_force.len().saturating_sub(taken.len()));
                    stack.taken_back.splice(0..0, taken);
                }
                EntryKind::Redo => {
                    let again = stack.taken_back.partition_point(|number| *number <= head.last_in_force);
                    stack.in_force.extend(stack.taken_back.drain(..again));
                }
            }
        }
        stack
    }

    /// The edits in force behind a number.
    pub(crate) fn after(&self, number: u64) -> &[u64] {
        let from = self.in_force.partition_point(|edit| *edit <= number);
        self.in_force.get(from..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(number: u64, kind: EntryKind, last_in_force: u64) -> Head {
        Head {
            kind,
            structure: false,
            size: 0,
            number,
            time: 0,
            old_size: 0,
            new_size: 0,
            last_in_force,
            extents: 0,
            before: [0; 32],
            after: [0; 32],
            command_size: 0,
        }
    }

    #[track_caller]
    fn comes_to(history: &[Head], in_force: &[u64], taken_back: &[u64]) {
        let expected = Stack { in_force: in_force.to_vec(), taken_back: taken_back.to_vec() };
        assert_eq!(Stack::of(history), expected);
    }

    #[test]
    fn undo_goes_back_redo_goes_on_and_a_new_edit_ends_what_could_be_done_again() {
        use EntryKind::{Edit, Redo, Undo, Unkept};
        let mut history = vec![head(1, Edit, 0), head(2, Edit, 0), head(3, Edit, 0)];
        comes_to(&history, &[1, 2, 3], &[]);
        history.push(head(4, Undo, 2));
        comes_to(&history, &[1, 2], &[3]);
        history.push(head(5, Undo, 0));
        comes_to(&history, &[], &[1, 2, 3]);
        history.push(head(6, Redo, 2));
        comes_to(&history, &[1, 2], &[3]);
        let mut other = history.clone();
        other.push(head(7, Unkept, 0));
        comes_to(&other, &[1, 2], &[]);
        history.push(head(7, Edit, 0));
        comes_to(&history, &[1, 2, 7], &[]);
    }

    #[test]
    fn a_history_whose_beginning_or_middle_is_missing_is_followed_all_the_same() {
        use EntryKind::{Edit, Redo, Undo};
        comes_to(&[head(3, Edit, 0), head(4, Undo, 1), head(5, Redo, 3)], &[3], &[]);
        comes_to(&[head(1, Edit, 0), head(3, Edit, 0), head(4, Undo, 2)], &[1], &[3]);
    }
}
