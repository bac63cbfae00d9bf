//! Tests of the processes of `zombies` and `parent-killed`.

use super::*;

#[test]
fn a_positive_report_is_a_process_id_and_a_negative_one_an_error() {
    assert_eq!(reported(7_i32.to_ne_bytes()).unwrap(), Pid::from_raw(7));
    let error = |number: i32| reported((-number).to_ne_bytes()).unwrap_err();
    assert!(matches!(error(libc::EAGAIN), StepError::System(_)));
    let forbidden = error(libc::EPERM);
    assert!(matches!(forbidden, StepError::NotHere(_)));
    assert!(
        forbidden
            .to_string()
            .ends_with("run the lesson outside of it")
    );
}

#[test]
fn a_pipe_that_ends_early_names_the_worker() {
    let error = silent(io::ErrorKind::UnexpectedEof.into()).to_string();
    assert!(
        error.starts_with("a worker of this experiment ended"),
        "{error}"
    );
    assert!(error.ends_with("run it by hand to see why"), "{error}");
}

#[test]
fn this_process_has_a_state_and_a_parent_and_process_zero_has_none() {
    let parent = nix::unistd::getppid().as_raw();
    assert_eq!(parent_of(getpid()), u32::try_from(parent).ok());
    assert!(state(getpid()).is_some_and(|state| state != 'Z'));
    assert_eq!(state(Pid::from_raw(0)), None);
}

#[test]
fn a_family_and_a_prefork_server_leave_no_process_when_they_are_dropped() {
    // SAFETY: the child makes one system call, and ends by a signal.
    let child = match unsafe { fork() }.unwrap() {
        // SAFETY: as above.
        ForkResult::Child => unsafe { libc::_exit(libc::pause()) },
        ForkResult::Parent { child } => child,
    };
    drop(Family(vec![child]));
    assert_eq!(state(child), None);

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = Prefork::start(&listener, 2, false).unwrap();
    let (parent, workers) = (server.parent, server.workers.clone());
    assert!(
        workers
            .iter()
            .all(|pid| parent_of(*pid) == u32::try_from(parent.as_raw()).ok())
    );
    drop(server);
    assert_eq!(state(parent), None);
}
