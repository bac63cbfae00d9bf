//! Timed tasks of a worker, each for one connection.

/// Something to do for a connection at a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errand {
    /// Connect.
    Connect,
    /// Stop a connect that has taken too long.
    ConnectTimeout,
    /// Fill the pipeline of a connection without requests.
    FillPipeline,
    /// Send one request.
    SendRequest,
    /// Send the next few bytes.
    SendBytes,
    /// Read the next few bytes.
    ReadBytes,
    /// Give up datagrams without a reply.
    ReplyTimeout,
}

impl Errand {
    /// True if it only observes the server, and goes on while clients send nothing new.
    pub const fn observes(self) -> bool {
        match self {
            Self::ConnectTimeout | Self::ReplyTimeout => true,
            Self::Connect
            | Self::FillPipeline
            | Self::SendRequest
            | Self::SendBytes
            | Self::ReadBytes => false,
        }
    }
}

/// An errand for one connection. It is void if the connection has been lost since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Index of the connection in its worker.
    pub k: usize,
    /// How often the connection had been lost when the errand was scheduled.
    pub epoch: u32,
    /// What to do.
    pub errand: Errand,
}
