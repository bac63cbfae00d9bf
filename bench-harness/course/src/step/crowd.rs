//! The step `crowd`: how many of many clients does a model serve at the same time?

use std::time::Duration;

use measure::stop::Stop;
use serde::Deserialize;
use toml::Table;

use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::Client;

/// Longest wait for the reply of one client, once all have sent.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same for each client after the first that got none: the server is known not to be busy then.
const IMPATIENCE: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The models.
    models: Vec<String>,
    /// Number of clients.
    clients: usize,
}

/// Carries it out: one row a model, with the number of clients that were served.
///
/// # Errors
/// The server does not start, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let mut measured = Measured::default();
    for (index, model) in parameters.models.iter().enumerate() {
        let share = index as f64 / parameters.models.len() as f64;
        (stage.progress)(&format!("{} clients of {model}", parameters.clients), share);
        let server = Served::start(stage, &["serve", model])?;
        let mut clients = Vec::new();
        for _ in 0..parameters.clients {
            let mut client = Client::connect(server.address, PATIENCE)?;
            // A server may have closed the connection already.
            let _ = client.send(b"x");
            clients.push(client);
        }
        let answered = answered(stage.stop, &mut clients)?;
        measured
            .rows
            .push(Row::new(model, Unit::Count, vec![f64::from(answered)]));
    }
    Ok(measured)
}

/// Number of clients that get a reply.
fn answered(stop: &Stop, clients: &mut [Client]) -> Result<u32, StepError> {
    let (mut answered, mut patience) = (0, PATIENCE);
    for client in clients {
        if client.receive(stop, 1, patience)? == 1 {
            answered += 1;
        } else {
            patience = IMPATIENCE;
        }
    }
    Ok(answered)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_client_counts_if_a_reply_comes_before_the_server_closes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        for reply in [&b"x"[..], b"x", b""] {
            clients.push(Client::connect(address, PATIENCE).unwrap());
            listener.accept().unwrap().0.write_all(reply).unwrap();
        }
        assert_eq!(answered(&Stop::manual(), &mut clients).unwrap(), 2);
    }
}
