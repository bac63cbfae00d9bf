//! The protocols, and their names.

/// The protocol that both ends of a conversation speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The server sends back every byte unchanged (RFC 862, TCP based echo service).
    #[default]
    Echo,
    /// Length-prefixed frames that can ask for work: see [`frame`](crate::frame).
    Framed,
    /// HTTP/1.1 (RFC 9112): every HTTP client gets a body of the size that its target names.
    Http,
    /// Lines for people: the server greets first, and ends at `exit`.
    Line,
}

impl Protocol {
    /// All protocols, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Echo, Self::Framed, Self::Http, Self::Line];

    /// The protocols whose replies repeat their requests. These two have a client, and work over datagrams, too.
    pub const ECHOES: [Self; 2] = [Self::Echo, Self::Framed];

    /// The name used on the command line and in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Framed => "framed",
            Self::Http => "http",
            Self::Line => "line",
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| {
                format!("unknown protocol `{name}`; use `echo`, `framed`, `http` or `line`")
            })
    }
}
