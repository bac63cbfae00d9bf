//! What a worker has to do at a time for one connection.

/// Something to do at a time for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errand {
    /// Connect.
    Dial,
    /// The connect has taken too long.
    GiveUp,
    /// Fill the pipeline of a connection that asks nothing yet.
    Fill,
    /// Ask one request.
    Ask,
    /// Send the next few bytes.
    Drip,
    /// Read the next few bytes.
    Sip,
    /// Give up datagrams that nobody answers.
    Lose,
}

/// An errand, valid as long as the connection has not been lost in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The place of the connection among those of the worker.
    pub k: usize,
    /// How often the connection had been lost when the errand was put down.
    pub epoch: u32,
    /// What to do.
    pub errand: Errand,
}
