//! Asks the registry of models who could take part: no model is known by name here.

pub use echo_server::Queue;
use echo_server::{Claim, MODELS, Model, Transport, UnknownModel, Workers, find};

use crate::cpus::Pinning;
use crate::plan::Contender;

/// These models as contenders, all of them for `all`, nobody for `none`, in the order of the registry and each once.
///
/// # Errors
/// A name is unknown; the error suggests the nearest.
pub fn contenders(names: &[String], pinning: &Pinning) -> Result<Vec<Contender>, UnknownModel> {
    let all = names.iter().any(|name| name == "all");
    for name in names
        .iter()
        .filter(|name| !["all", "none"].contains(&name.as_str()))
    {
        find(name)?;
    }
    let wanted = |contender: &Contender| all || names.contains(&contender.name);
    let cpus = pinning
        .server()
        .map_or_else(|| crate::cpus::allowed().len(), <[usize]>::len);
    Ok((0..MODELS.len())
        .map(|index| contender(index, cpus))
        .filter(wanted)
        .collect())
}

/// What the model of this name says about itself that a comparison can test; nothing where there is none of this name, as for
/// a server from elsewhere.
pub fn claims(name: &str) -> &'static [Claim] {
    find(name).map_or(&[], |model| model.about().claims)
}

/// What queueing theory would call the model of this name; `None` where there is none of this name, or theory has no word for it.
pub fn queue(name: &str) -> Option<Queue> {
    find(name).ok()?.about().queue()
}

/// The model with this index in the registry, served on so many CPUs.
fn contender(index: usize, cpus: usize) -> Contender {
    let model: &dyn Model = MODELS[index];
    let about = model.about();
    let workers = match about.workers {
        Workers::Fixed => 1,
        Workers::PerCpu => cpus.max(1),
        Workers::Default(workers) => workers,
    };
    Contender {
        name: about.name.to_owned(),
        family: about.family.name().to_owned(),
        place: MODELS[..index]
            .iter()
            .filter(|other| other.about().family == about.family)
            .count(),
        summary: about.summary.to_owned(),
        capacity: about.capacity.conversations(workers),
        unsupported: model.supported().err().map(|reason| reason.to_string()),
        datagrams: about.transport == Transport::Datagram,
        command: None,
        twin_of: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[&str]) -> Result<Vec<String>, UnknownModel> {
        let wanted: Vec<_> = wanted.iter().map(|&name| name.to_owned()).collect();
        let found = contenders(&wanted, &Pinning::Off)?;
        Ok(found.into_iter().map(|contender| contender.name).collect())
    }

    #[test]
    fn all_models_stand_in_the_order_of_the_registry() {
        let registry: Vec<_> = MODELS
            .iter()
            .map(|model| model.about().name.to_owned())
            .collect();
        assert_eq!(names(&["all"]).unwrap(), registry);
        let (first, last) = (registry.first().unwrap(), registry.last().unwrap());
        assert_eq!(
            names(&[last, first, last]).unwrap(),
            [first.clone(), last.clone()]
        );
    }

    #[test]
    fn nobody_takes_part_where_only_others_are_compared() {
        assert!(names(&["none"]).unwrap().is_empty());
    }

    #[test]
    fn theory_has_a_word_for_one_loop_and_for_a_thread_a_client_only() {
        let of = |wanted: Queue| {
            let models = MODELS.iter().map(|model| model.about().name);
            models
                .filter(move |name| queue(name) == Some(wanted))
                .collect::<Vec<_>>()
        };
        assert!(
            of(Queue::OneServer).contains(&"poll") && !of(Queue::OneServer).contains(&"iterative")
        );
        assert_eq!(
            of(Queue::Shared),
            ["thread-per-connection", "fork-per-connection"]
        );
        assert_eq!(queue("no-such-model"), None);
    }

    #[test]
    fn an_unknown_name_is_refused_even_beside_all() {
        assert!(
            names(&["all", "no-such-model"])
                .unwrap_err()
                .to_string()
                .contains("no-such-model")
        );
    }
}
