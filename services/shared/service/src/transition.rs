//! State machines as tables.

/// A state machine: rows of state, verb, and the state that the verb leads to.
pub type Transitions<S, V> = [(S, V, S)];

/// The state to which a verb leads; `None` when the verb is not allowed in this state.
pub fn next_state<S: Copy + PartialEq, V: Copy + PartialEq>(table: &Transitions<S, V>, from: S, verb: V) -> Option<S> {
    table.iter().find(|row| (row.0, row.1) == (from, verb)).map(|row| row.2)
}
