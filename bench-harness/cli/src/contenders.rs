//! Makes the contenders of a plan from the registry of models. No model is known by name here.

use echo_protocol::Protocol;
use echo_server::{CORE, MODELS, Model, Transport, UnknownModel, Workers, find};
use record::pinning::Pinning;
use record::plan::{Claim, Contender, Expect, Family, Queue};

/// The first places of the grey family, which are for external servers; reference lines come after them.
const EXTERNAL_PLACES: usize = 3;

/// The models with these names as contenders, in the order of the registry, each once.
///
/// `core` means one model for each idea of the course, as far as they are part of this program. `all` means all models
/// without the reference lines, which are not servers to deploy. `none` means no model.
///
/// # Errors
/// A name is unknown; the error suggests the nearest one.
pub fn contenders(names: &[String], pinning: &Pinning) -> Result<Vec<Contender>, UnknownModel> {
    let has = |word: &str| names.iter().any(|name| name == word);
    let (all, core) = (has("all"), has("core"));
    for name in names
        .iter()
        .filter(|name| !["all", "core", "none"].contains(&name.as_str()))
    {
        find(name)?;
    }
    let wanted = |contender: &Contender| {
        let name = contender.name.as_str();
        let is_named = names.contains(&contender.name);
        all && !contender.reference_line || core && CORE.contains(&name) || is_named
    };
    let cpus = pinning
        .server()
        .map_or_else(|| measure::cpus::allowed().len(), <[usize]>::len);
    Ok((0..MODELS.len())
        .map(|index| contender(index, cpus))
        .filter(wanted)
        .collect())
}

/// The contender for the model with this index in the registry, on a number of CPUs.
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
        family: family(about.family),
        place: place(index),
        summary: about.summary.to_owned(),
        capacity: about.capacity.conversations(workers),
        unsupported: model.supported().err().map(|reason| reason.to_string()),
        datagrams: about.transport == Transport::Datagram,
        reference_line: about.is_reference_line(),
        echo_only: !about.speaks(Protocol::Framed),
        command: None,
        twin_of: None,
        claims: about.claims.iter().map(claim).collect(),
        queue: about.queue().map(queue),
    }
}

/// Translates a family to the type of the plan.
const fn family(family: echo_server::Family) -> Family {
    match family {
        echo_server::Family::Blocking => Family::Blocking,
        echo_server::Family::Readiness => Family::Readiness,
        echo_server::Family::Completion => Family::Completion,
        echo_server::Family::Coroutines => Family::Coroutines,
        echo_server::Family::Runtimes => Family::Runtimes,
        echo_server::Family::Kernel => Family::Kernel,
    }
}

/// Translates a claim to the type of the plan.
fn claim(claim: &echo_server::Claim) -> Claim {
    Claim {
        says: claim.says.to_owned(),
        scenario: claim.scenario.to_owned(),
        metric: claim.metric.to_owned(),
        expect: match claim.expect {
            echo_server::Expect::Flat { within } => Expect::Flat { within },
            echo_server::Expect::Grows { by } => Expect::Grows { by },
            echo_server::Expect::AtMost(most) => Expect::AtMost(most),
            echo_server::Expect::AtLeast(least) => Expect::AtLeast(least),
        },
    }
}

/// Translates a kind of queue to the type of the plan.
const fn queue(queue: echo_server::Queue) -> Queue {
    match queue {
        echo_server::Queue::OneServer => Queue::OneServer,
        echo_server::Queue::Shared => Queue::Shared,
    }
}

/// Place of the model in its family, which decides its colour.
fn place(index: usize) -> usize {
    let about = MODELS[index].about();
    let before = MODELS[..index]
        .iter()
        .filter(|other| other.about().family == about.family);
    let first = if about.is_reference_line() {
        EXTERNAL_PLACES
    } else {
        0
    };
    first + before.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[&str]) -> Result<Vec<String>, UnknownModel> {
        let wanted: Vec<_> = wanted.iter().map(|&name| name.to_owned()).collect();
        let contenders = contenders(&wanted, &Pinning::Off)?;
        Ok(contenders
            .into_iter()
            .map(|contender| contender.name)
            .collect())
    }

    #[test]
    fn models_keep_the_order_of_the_registry() {
        let models = |lines: bool| {
            let wanted = MODELS
                .iter()
                .map(|model| model.about())
                .filter(move |about| lines || !about.is_reference_line());
            wanted
                .map(|about| about.name.to_owned())
                .collect::<Vec<_>>()
        };
        let registry = models(true);
        assert_eq!(names(&["all"]).unwrap(), models(false));
        let (first, last) = (registry.first().unwrap(), registry.last().unwrap());
        assert_eq!(
            names(&[last, first, last]).unwrap(),
            [first.clone(), last.clone()]
        );
    }

    #[test]
    fn a_reference_line_takes_part_only_if_it_is_named() {
        let lines = MODELS.iter().map(|model| model.about());
        let lines: Vec<_> = lines
            .filter(|about| about.is_reference_line())
            .map(|about| about.name)
            .collect();
        assert!(!lines.is_empty());
        for line in lines {
            assert!(!names(&["all"]).unwrap().contains(&line.to_owned()));
            assert_eq!(names(&["all", line]).unwrap().last().unwrap(), line);
        }
    }

    #[test]
    fn the_core_is_one_model_for_each_idea() {
        let in_registry = |name: &&str| MODELS.iter().any(|model| model.about().name == *name);
        let known = CORE.iter().filter(|name| in_registry(name)).count();
        assert_eq!(names(&["core"]).unwrap().len(), known);
        assert!(known >= 10, "{known}");
    }

    #[test]
    fn none_means_no_model() {
        assert!(names(&["none"]).unwrap().is_empty());
    }

    #[test]
    fn only_one_loop_and_one_worker_per_client_are_queues_of_theory() {
        let with_queue = |wanted: Queue| {
            let models = (0..MODELS.len()).map(|index| contender(index, 2));
            models
                .filter(move |model| model.queue == Some(wanted))
                .map(|model| model.name)
                .collect::<Vec<_>>()
        };
        assert!(
            with_queue(Queue::OneServer).contains(&"poll".to_owned())
                && !with_queue(Queue::OneServer).contains(&"iterative".to_owned())
        );
        assert_eq!(
            with_queue(Queue::Shared),
            ["thread-per-connection", "fork-per-connection"]
        );
    }

    #[test]
    fn an_unknown_name_is_refused_also_beside_all() {
        assert!(
            names(&["all", "no-such-model"])
                .unwrap_err()
                .to_string()
                .contains("no-such-model")
        );
    }
}
