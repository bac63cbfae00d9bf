//! The list of models, in the order of the course.

use model::Model;
use thiserror::Error;

/// All models. To add one, write its crate, and add one line here and one line to this package's `Cargo.toml`. A model
/// with many dependencies also gets a Cargo feature.
pub const MODELS: &[&dyn Model] = &[
    &model_iterative::Iterative,
    &model_thread_per_connection::ThreadPerConnection,
    &model_fork_per_connection::ForkPerConnection,
    &model_thread_pool::ThreadPool,
    &model_rayon_pool::RayonPool,
    &model_prefork::Prefork,
    &model_prefork_fd_passing::PreforkFdPassing,
    &model_prethreaded::Prethreaded,
    &model_busy_poll::BusyPoll,
    &model_select::Select,
    &model_poll::Poll,
    &model_epoll_level::EpollLevel,
    &model_epoll_edge::EpollEdge,
    &model_mio::Mio,
    &model_polling::Polling,
    &model_reactor_rayon::ReactorRayon,
    &model_epoll_oneshot::EpollOneshot,
    &model_accept_shared::AcceptShared,
    &model_reactor_per_core::ReactorPerCore,
    &model_reactor_per_process::ReactorPerProcess,
    &model_acceptor_workers::AcceptorWorkers,
    &model_seda::Seda,
    &model_green_thread::GreenThread,
    &model_executor::Executor,
    #[cfg(feature = "tokio")]
    &model_tokio_current_thread::TokioCurrentThread,
    #[cfg(feature = "tokio")]
    &model_tokio_multi_thread::TokioMultiThread,
    #[cfg(feature = "smol")]
    &model_smol::Smol,
    #[cfg(feature = "may")]
    &model_may::May,
    &model_io_uring::IoUring,
    &model_io_uring_multishot::IoUringMultishot,
    #[cfg(feature = "compio")]
    &model_compio::Compio,
    &model_udp_iterative::UdpIterative,
    &model_udp_mmsg::UdpMmsg,
    &model_sockmap::Sockmap,
];

/// The default baseline of comparisons: a model that serves every client at every load, and that most people mean by
/// "an event loop".
pub const REFERENCE: &str = "epoll-level";

/// The core of the course: one model for each idea. A comparison measures these unless others are named.
pub const CORE: [&str; 12] = [
    "iterative",
    "thread-per-connection",
    "fork-per-connection",
    "thread-pool",
    "busy-poll",
    "select",
    "poll",
    REFERENCE,
    "epoll-edge",
    "green-thread",
    "tokio-multi-thread",
    "io-uring-multishot",
];

/// No model has this name.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("no model is called `{name}`; {}`echolab list` shows all models", nearest.map_or_else(String::new, |nearest| format!("did you mean `{nearest}`? ")))]
pub struct UnknownModel {
    /// The unknown name.
    pub name: String,
    /// The most similar name, if there is a similar one.
    pub nearest: Option<&'static str>,
}

/// The model with this name.
///
/// # Errors
/// No model has this name; the error suggests the most similar one.
pub fn find(name: &str) -> Result<&'static dyn Model, UnknownModel> {
    let named = MODELS.iter().find(|model| model.about().name == name);
    named.copied().ok_or_else(|| UnknownModel {
        name: name.into(),
        nearest: nearest(name, MODELS.iter().map(|model| model.about().name)),
    })
}

/// The most similar of these names by Jaro-Winkler similarity, if it is similar enough to be the intended one.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rated = names.map(|other| (strsim::jaro_winkler(name, other), other));
    let (similarity, best) = rated.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (similarity > 0.7).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_serves_every_client() {
        let reference = find(REFERENCE).unwrap().about();
        assert!(matches!(reference.capacity, model::Capacity::System));
        assert!(!reference.is_reference_line());
    }

    #[test]
    fn every_name_is_unique_and_finds_its_model() {
        for model in MODELS {
            let name = model.about().name;
            assert_eq!(
                MODELS
                    .iter()
                    .filter(|other| other.about().name == name)
                    .count(),
                1
            );
            assert_eq!(find(name).map(|model| model.about().name), Ok(name));
        }
    }

    #[test]
    fn the_error_for_an_unknown_model_suggests_the_nearest_name() {
        let error = find("epol-level").err().expect("no model has this name");
        assert_eq!(
            error.to_string(),
            "no model is called `epol-level`; did you mean `epoll-level`? `echolab list` shows all models"
        );
        assert_eq!(find("zzz").err().and_then(|error| error.nearest), None);
    }
}
