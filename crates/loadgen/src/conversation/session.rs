//! The protocol side of one client: a stream, datagrams or HTTP, behind the same methods.

use echo_protocol::{Arrival, ClientSession, DatagramClient, HttpClient, ReplyError, Request};

use crate::conversation::manner::Manner;
use crate::outcome::datagrams::Datagrams;

/// One client's side of a conversation, without I/O. The methods are those of [`ClientSession`].
pub enum Session<'a> {
    /// A byte stream.
    Stream(ClientSession<&'a [u8]>),
    /// Datagrams. Boxed, so that a stream client stays small.
    Datagrams(Box<Exchange<'a>>),
    /// HTTP over a stream, boxed for the same reason.
    Http(Box<HttpClient<'a>>),
}

/// Why a session has no reply, and expects none.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// The reply is wrong.
    Wrong(ReplyError),
    /// The server has ended the connection in order; the client must connect again.
    Over,
}

impl From<ReplyError> for Stop {
    fn from(error: ReplyError) -> Self {
        Self::Wrong(error)
    }
}

/// An exchange of datagrams.
pub struct Exchange<'a> {
    client: DatagramClient<&'a [u8]>,
    /// The length of the datagram that was received and is not parsed yet.
    received: Option<usize>,
    counts: Datagrams,
}

impl<'a> Session<'a> {
    /// Creates a session without requests.
    pub fn new(manner: &'a Manner) -> Self {
        let (protocol, limits, verify) = (manner.protocol, manner.limits, manner.verify);
        if let Some(ask) = &manner.http {
            Self::Http(Box::new(HttpClient::new(ask, limits, verify)))
        } else if manner.datagrams {
            Self::Datagrams(Box::new(Exchange {
                client: DatagramClient::new(protocol, limits, verify),
                received: None,
                counts: Datagrams::default(),
            }))
        } else {
            Self::Stream(ClientSession::new(protocol, limits, verify))
        }
    }

    /// Queues a request.
    #[inline]
    pub fn request(&mut self, request: Request<&'a [u8]>) {
        match self {
            Self::Stream(session) => session.request(request),
            Self::Datagrams(exchange) => exchange.client.request(request),
            Self::Http(client) => client.request(request.id, request.reply_size),
        }
    }

    /// The bytes to send next: part of the stream, or one datagram.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        match self {
            Self::Stream(session) => session.pending(),
            Self::Datagrams(exchange) => exchange.client.pending(),
            Self::Http(client) => client.pending(),
        }
    }

    /// True if there is something to send.
    pub const fn wants_write(&self) -> bool {
        match self {
            Self::Stream(session) => session.wants_write(),
            Self::Datagrams(exchange) => exchange.client.wants_write(),
            Self::Http(client) => client.wants_write(),
        }
    }

    /// Reports `n` bytes sent; a datagram is always sent as a whole.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        match self {
            Self::Stream(session) => session.sent(n),
            Self::Datagrams(exchange) => exchange.client.sent(),
            Self::Http(client) => client.sent(n),
        }
    }

    /// The buffer for input.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        match self {
            Self::Stream(session) => session.spare(),
            Self::Datagrams(exchange) => exchange.client.spare(),
            Self::Http(client) => client.spare(),
        }
    }

    /// Reports `n` bytes of input.
    #[inline]
    pub fn received(&mut self, n: usize) {
        match self {
            Self::Stream(session) => session.received(n),
            Self::Datagrams(exchange) => exchange.received = Some(n),
            Self::Http(client) => client.received(n),
        }
    }

    /// Reports that no input came.
    pub fn release(&mut self) {
        match self {
            Self::Stream(session) => session.release(),
            Self::Datagrams(exchange) => exchange.client.release(),
            Self::Http(client) => client.release(),
        }
    }

    /// Returns which waiting request has a reply, counted from the oldest. In a stream it is always the oldest.
    ///
    /// # Errors
    /// The input is not the expected reply, or no more replies come on this connection.
    #[inline]
    pub fn reply(&mut self) -> Result<Option<usize>, Stop> {
        match self {
            Self::Stream(session) => Ok(session.reply()?.map(|_| 0)),
            Self::Datagrams(exchange) => Ok(exchange.reply()?),
            Self::Http(client) => match client.reply()? {
                Some(_) => Ok(Some(0)),
                None if client.is_over() => Err(Stop::Over),
                None => Ok(None),
            },
        }
    }

    /// Gives up the oldest request in flight. Returns false for a stream, which loses no single request.
    pub fn give_up(&mut self) -> bool {
        match self {
            Self::Stream(_) | Self::Http(_) => false,
            Self::Datagrams(exchange) => exchange.client.give_up(),
        }
    }

    /// Returns and resets the counts of late, duplicated and reordered datagrams.
    pub fn take_datagram_counts(&mut self) -> Datagrams {
        match self {
            Self::Stream(_) | Self::Http(_) => Datagrams::default(),
            Self::Datagrams(exchange) => std::mem::take(&mut exchange.counts),
        }
    }
}

impl Exchange<'_> {
    fn reply(&mut self) -> Result<Option<usize>, ReplyError> {
        let Some(n) = self.received.take() else {
            return Ok(None);
        };
        match self.client.received(n)? {
            Arrival::Reply {
                position,
                reordered,
            } => {
                self.counts.reordered += u64::from(reordered);
                return Ok(Some(position));
            }
            Arrival::Late => self.counts.late += 1,
            Arrival::Double => self.counts.duplicates += 1,
        }
        Ok(None)
    }
}
