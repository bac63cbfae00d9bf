//! Builds the load that the options and the load file describe.

use std::fs;
use std::path::Path;
use std::time::Duration;

use loadgen::{Behaviour, Class, Load, LoadError, Schedule};

use super::{Clients, LoadArgs};
use crate::failure::{Explain as _, Failure};

/// Longest duration of a run with --requests and without --duration.
pub const WITH_REQUESTS: Duration = Duration::from_mins(1);

impl LoadArgs {
    /// The load that the options and the load file describe.
    ///
    /// # Errors
    /// The load file cannot be read, or the load makes no sense.
    pub fn load(&self) -> Result<Load, Failure> {
        let mut load = match &self.file {
            Some(path) => read(path)?,
            None => Load {
                classes: vec![self.clients.class()],
                ..Load::default()
            },
        };
        load.target = self.target.choose();
        self.override_file(&mut load)?;
        let more_clients = [
            ("idle", "idle", self.idle),
            ("slow senders", "slow-sender", self.slow_senders),
            ("slow receivers", "slow-receiver", self.slow_receivers),
        ];
        for (name, behaviour, connections) in more_clients {
            if connections == 0 {
                continue;
            }
            let behaviour = Behaviour::named(behaviour).expect("the behaviour has this name");
            load.classes.push(Class {
                behaviour,
                ..Class::of(name, connections)
            });
        }
        load.check()?;
        Ok(load)
    }

    /// True if the outcome is printed for people.
    pub const fn prints_summary(&self) -> bool {
        !(self.output.json || self.output.slices || self.is_part())
    }

    /// True if this process runs one part of a load.
    pub const fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Applies the options, which take precedence over the file.
    fn override_file(&self, load: &mut Load) -> Result<(), LoadError> {
        if self.requests.is_some() {
            (load.requests, load.duration, load.warmup) =
                (self.requests, WITH_REQUESTS, Duration::ZERO);
        }
        load.duration = self.duration.unwrap_or(load.duration);
        load.warmup = self.warmup.unwrap_or(load.warmup);
        load.protocol = self.protocol.unwrap_or(load.protocol);
        load.http = self.http.over(&load.http);
        load.connect_timeout = self.connect_timeout.unwrap_or(load.connect_timeout);
        load.reply_timeout = self.reply_timeout.unwrap_or(load.reply_timeout);
        load.threads = self.threads.unwrap_or(load.threads);
        load.seed = self.seed.unwrap_or(load.seed);
        load.timeline = self.timeline.unwrap_or(load.timeline);
        load.verify &= !self.no_verify;
        load.busy |= self.busy;
        load.process = self.part.unwrap_or((0, self.processes));
        load.held = self.is_part();
        if let Some(sources) = &self.sources {
            load.sources = sources.towards(&load.target)?;
        }
        Ok(())
    }
}

/// Reads a load file, in TOML or in JSON.
fn read(path: &Path) -> Result<Load, Failure> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::wrong_use(format!(
            "cannot read {name} ({error}); check the path after --load"
        ))
    })?;
    text.parse::<Load>().explain(
        format_args!("cannot use the load file {name}"),
        "`echolab load --help` shows an example",
    )
}

impl Clients {
    fn class(&self) -> Class {
        let default = Class::of("clients", self.connections.unwrap_or(64));
        let schedule = match &self.rate {
            Some(rate) => Schedule::Open {
                rate: rate.clone(),
                spacing: self.arrivals.unwrap_or_default(),
            },
            None => Schedule::Closed {
                think: self.think.unwrap_or_default(),
            },
        };
        Class {
            schedule,
            behaviour: Behaviour {
                conversation: self.conversation,
                ending: self.ending.unwrap_or_default(),
                ..Behaviour::default()
            },
            payload: self.payload.clone().unwrap_or(default.payload),
            work: self.work.clone(),
            reply_size: self.reply_size,
            pipeline: self.pipeline.unwrap_or(default.pipeline),
            queue: self.queue.unwrap_or(default.queue),
            connect_rate: self.connect_rate,
            reconnects: self.reconnects.unwrap_or(default.reconnects),
            name: default.name,
            connections: default.connections,
            connect_at: None,
        }
    }
}
