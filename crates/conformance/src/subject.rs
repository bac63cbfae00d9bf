//! What is checked: a model of ours, the command of any server, or an address; and what it claims.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use echo_protocol::Protocol;
use model::{About, AboutRoom, Capacity, Listen, Transport, WorkPlace};

use crate::case::{CASES, Case, DATAGRAM_CASES};
use crate::expect::{Beyond, Crowd, Delays, Expect};
use crate::finding::Checked;
use crate::options::{Launch, Options, WORKERS};
use crate::server::Server;

/// Longest wait on a machine of normal speed. A case that reaches it has waited for something that never comes.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Makes the words of a command from its text and a port; or says what is wrong with it.
pub type Words = fn(&str, u16) -> Result<Vec<String>, String>;

/// What is checked.
#[derive(Clone)]
pub struct Subject {
    access: Access,
    transport: Transport,
    expect: Expect,
    /// Longest wait.
    deadline: Duration,
}

/// How the suite reaches a server.
#[derive(Clone)]
pub(crate) enum Access {
    /// It runs already. Its processes are out of reach.
    Address(Listen),
    /// This command starts it.
    Command { text: String, words: Words },
    /// It is one of our models, and keeps our contract.
    Model {
        about: &'static About,
        launch: Arc<dyn Launch>,
    },
    /// It is one of our chat servers, and keeps our contract.
    Room {
        about: &'static AboutRoom,
        launch: Arc<dyn Launch>,
    },
}

impl Subject {
    /// A server that listens on this address.
    pub fn address(address: Listen, expect: Expect) -> Self {
        let transport = address.transport();
        Self::new(Access::Address(address), transport, expect)
    }

    /// A server that this command starts; `words` splits it, and puts the port into it.
    pub fn command(text: String, transport: Transport, expect: Expect, words: Words) -> Self {
        Self::new(Access::Command { text, words }, transport, expect)
    }

    /// A model, which declares itself what can be expected of it.
    pub fn model(about: &'static About, launch: Arc<dyn Launch>) -> Self {
        let limit = about.capacity.conversations(WORKERS);
        let crowd = limit.map_or(Crowd::Unlimited, |most| Crowd::Limited {
            most,
            beyond: match about.capacity {
                Capacity::FdSetSize => Beyond::Refused,
                Capacity::One | Capacity::OnePerWorker | Capacity::System => Beyond::Waits,
            },
        });
        let work = match about.work {
            WorkPlace::Nowhere => None,
            WorkPlace::Loop | WorkPlace::Shard => Some(Delays::All),
            WorkPlace::Conversation | WorkPlace::Worker | WorkPlace::Timer | WorkPlace::Pool => {
                Some(Delays::OnlyTheClient)
            }
        };
        let expect = Expect {
            crowd,
            spins: false,
            work,
        };
        Self::new(Access::Model { about, launch }, about.transport, expect)
    }

    /// A chat server.
    pub fn room(about: &'static AboutRoom, launch: Arc<dyn Launch>) -> Self {
        let expect = Expect {
            crowd: Crowd::Unlimited,
            spins: false,
            work: None,
        };
        Self::new(Access::Room { about, launch }, about.transport, expect)
    }

    fn new(access: Access, transport: Transport, expect: Expect) -> Self {
        Self {
            access,
            transport,
            expect,
            deadline: DEADLINE,
        }
    }

    /// The same subject on a machine that is slower by this factor, at least 1.
    #[must_use]
    pub fn on_a_machine_slower_by(self, slowness: f64) -> Self {
        Self {
            deadline: DEADLINE.mul_f64(slowness.max(1.0)),
            ..self
        }
    }

    /// The name of the model, the command, or the address.
    pub fn name(&self) -> String {
        match &self.access {
            Access::Address(address) => address.to_string(),
            Access::Command { text, .. } => text.clone(),
            Access::Model { about, .. } => about.name.to_owned(),
            Access::Room { about, .. } => about.name.to_owned(),
        }
    }

    /// All cases for servers of this transport.
    pub fn cases(&self) -> &'static [Case] {
        match self.transport {
            Transport::Stream => CASES,
            Transport::Datagram => DATAGRAM_CASES,
        }
    }

    /// What travels between the server and its clients.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Longest wait.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// What the server claims.
    pub fn expect(&self) -> Expect {
        self.expect
    }

    /// True if the suite starts the server, and therefore knows its processes.
    pub fn has_process(&self) -> bool {
        !matches!(self.access, Access::Address(_))
    }

    /// True if the server keeps our contract: it takes our options, says when it is ready, and reports what it counted.
    pub fn keeps_contract(&self) -> bool {
        matches!(self.access, Access::Model { .. } | Access::Room { .. })
    }

    /// The description of the model, if it is one.
    pub fn described(&self) -> Option<&'static About> {
        match &self.access {
            Access::Model { about, .. } => Some(about),
            Access::Address(_) | Access::Command { .. } | Access::Room { .. } => None,
        }
    }

    /// The description of the chat server, in a case for chat servers.
    pub(crate) fn room_about(&self) -> &'static AboutRoom {
        match &self.access {
            Access::Room { about, .. } => about,
            Access::Address(_) | Access::Command { .. } | Access::Model { .. } => {
                unreachable!("only cases for chat servers ask for it")
            }
        }
    }

    /// The default options of a chat server.
    pub(crate) fn room_options(&self) -> Options {
        Options {
            protocol: "chat".to_owned(),
            ..self.options(Protocol::default())
        }
    }

    /// Starts a chat server with the default options.
    pub(crate) fn serve_rooms(&self) -> Checked<Server<'_>> {
        self.start(self.room_options())
    }

    /// The description of the model, in a case that needs the contract.
    pub(crate) fn about(&self) -> &'static About {
        let about = self.described();
        about.expect("only cases that need the contract ask for it")
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Number of clients that the server claims to serve at the same time; at most `clients`.
    pub(crate) fn at_once(&self, clients: usize) -> usize {
        self.expect
            .limit()
            .map_or(clients, |most| most.min(clients))
    }

    /// True if the server claims to serve a second client while a first one stays.
    pub(crate) fn serves_two(&self) -> bool {
        self.at_once(2) == 2
    }

    /// True if the kernel moves the bytes, and not the program.
    pub(crate) fn is_reference_line(&self) -> bool {
        self.described().is_some_and(About::is_reference_line)
    }

    /// True if the model serves clients in child processes.
    pub(crate) fn forks(&self) -> bool {
        self.described().is_some_and(About::forks)
    }

    /// The echoes that the server speaks, in which most cases are held.
    pub(crate) fn protocols(&self) -> Vec<Protocol> {
        let speaks = |protocol| match self.described() {
            Some(about) => about.speaks(protocol),
            // Bytes of an echo would be malformed frames.
            None => (protocol == Protocol::Framed) == self.speaks_frames(),
        };
        let all = Protocol::ECHOES.into_iter();
        all.filter(|&protocol| speaks(protocol)).collect()
    }

    /// True if a request can ask for a size or for work.
    pub(crate) fn speaks_frames(&self) -> bool {
        self.expect.work.is_some()
    }

    /// `echo` if the server speaks it, otherwise `framed`.
    pub(crate) fn plain(&self) -> Protocol {
        self.protocols()[0]
    }

    /// `framed` if the server speaks it, otherwise `echo`.
    pub(crate) fn richest_protocol(&self) -> Protocol {
        let last = self.protocols().pop();
        last.expect("every server speaks a protocol")
    }

    /// The default options of a server.
    pub fn options(&self, protocol: Protocol) -> Options {
        Options::new(self.transport, protocol)
    }

    /// Starts a server with the default options, or uses the one that runs.
    pub(crate) fn serve(&self, protocol: Protocol) -> Checked<Server<'_>> {
        self.start(self.options(protocol))
    }

    /// Starts a server with these options. A server that does not keep our contract knows no options.
    ///
    /// # Errors
    /// It does not start, or is not ready in time.
    pub fn start(&self, options: Options) -> Checked<Server<'_>> {
        Server::start(self, options)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subject").field(&self.name()).finish()
    }
}
