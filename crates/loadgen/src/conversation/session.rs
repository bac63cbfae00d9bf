//! What one client says and hears: over a stream, or in datagrams.

use echo_protocol::{Arrival, ClientSession, DatagramClient, ReplyError, Request};

use crate::conversation::manner::Manner;
use crate::outcome::datagrams::Datagrams;

/// One client's side of the conversation, without I/O. The verbs are those of [`ClientSession`].
pub enum Session<'a> {
    /// Bytes in order, until the end.
    Stream(ClientSession<&'a [u8]>),
    /// One datagram at a time. In a box, so that a client of a stream is no larger for it.
    Datagrams(Box<Exchange<'a>>),
}

/// An exchange of datagrams.
pub struct Exchange<'a> {
    client: DatagramClient<&'a [u8]>,
    /// The length of the datagram that has come and is not understood yet.
    came: Option<usize>,
    odd: Datagrams,
}

impl<'a> Session<'a> {
    /// One that has not begun.
    pub fn new(manner: &Manner) -> Self {
        let (protocol, limits, verify) = (manner.protocol, manner.limits, manner.verify);
        if manner.datagrams {
            Self::Datagrams(Box::new(Exchange {
                client: DatagramClient::new(protocol, limits, verify),
                came: None,
                odd: Datagrams::default(),
            }))
        } else {
            Self::Stream(ClientSession::new(protocol, limits, verify))
        }
    }

    /// Puts a request behind those that wait.
    #[inline]
    pub fn request(&mut self, request: Request<&'a [u8]>) {
        match self {
            Self::Stream(session) => session.request(request),
            Self::Datagrams(exchange) => exchange.client.request(request),
        }
    }

    /// What is to be sent next: bytes of a stream, or one datagram.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        match self {
            Self::Stream(session) => session.pending(),
            Self::Datagrams(exchange) => exchange.client.pending(),
        }
    }

    /// Whether something is to be sent.
    pub const fn wants_write(&self) -> bool {
        match self {
            Self::Stream(session) => session.wants_write(),
            Self::Datagrams(exchange) => exchange.client.wants_write(),
        }
    }

    /// Reports `n` bytes sent; of a datagram all are.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        match self {
            Self::Stream(session) => session.sent(n),
            Self::Datagrams(exchange) => exchange.client.sent(),
        }
    }

    /// Room for input.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        match self {
            Self::Stream(session) => session.spare(),
            Self::Datagrams(exchange) => exchange.client.spare(),
        }
    }

    /// Reports what has come.
    #[inline]
    pub fn received(&mut self, n: usize) {
        match self {
            Self::Stream(session) => session.received(n),
            Self::Datagrams(exchange) => exchange.came = Some(n),
        }
    }

    /// Nothing has come.
    pub fn release(&mut self) {
        match self {
            Self::Stream(session) => session.release(),
            Self::Datagrams(exchange) => exchange.client.release(),
        }
    }

    /// Which of the requests that wait is answered, counted from the oldest; of a stream always the oldest.
    ///
    /// # Errors
    /// What came is not what was asked for.
    #[inline]
    pub fn reply(&mut self) -> Result<Option<usize>, ReplyError> {
        match self {
            Self::Stream(session) => Ok(session.reply()?.map(|_| 0)),
            Self::Datagrams(exchange) => exchange.reply(),
        }
    }

    /// Gives up the oldest request that is on its way, where that is of use: false over a stream, where nothing is lost alone.
    pub fn give_up(&mut self) -> bool {
        match self {
            Self::Stream(_) => false,
            Self::Datagrams(exchange) => exchange.client.give_up(),
        }
    }

    /// What was odd about replies since the last time.
    pub fn take_odd(&mut self) -> Datagrams {
        match self {
            Self::Stream(_) => Datagrams::default(),
            Self::Datagrams(exchange) => std::mem::take(&mut exchange.odd),
        }
    }
}

impl Exchange<'_> {
    fn reply(&mut self) -> Result<Option<usize>, ReplyError> {
        let Some(n) = self.came.take() else {
            return Ok(None);
        };
        match self.client.received(n)? {
            Arrival::Reply {
                position,
                reordered,
            } => {
                self.odd.reordered += u64::from(reordered);
                return Ok(Some(position));
            }
            Arrival::Late => self.odd.late += 1,
            Arrival::Double => self.odd.duplicates += 1,
        }
        Ok(None)
    }
}
