//! Tests of loads: contradictions and their error messages.

use super::*;
use crate::plan::behaviour::Behaviour;
use crate::request::sizes::Sizes;

fn load() -> Load {
    Load::on("127.0.0.1:7".parse().unwrap())
}

#[test]
fn the_default_load_is_sound() {
    load().check().unwrap();
}

#[test]
fn contradictions_are_refused_with_a_remedy() {
    type Change = fn(&mut Load);
    let cases: [(Change, &str); 16] = [
        (|load| load.classes.clear(), "--connections 1"),
        (|load| load.classes[0].connections = 0, "--connections 1"),
        (|load| load.threads = 0, "--threads 1 to 64"),
        (|load| load.threads = 65, "--threads 1 to 64"),
        (
            |load| load.classes[0].pipeline = 0,
            "--pipeline is 0; write a whole number from 1",
        ),
        (
            |load| load.classes[0].queue = 0,
            "--queue is 0; write a whole number from 1",
        ),
        (|load| load.duration = Duration::ZERO, "--duration"),
        (|load| load.requests = Some(0), "--requests"),
        (|load| load.timeline = 65, "from 0 to 64"),
        (
            |load| load.classes[0].connect_rate = Some(0.0),
            "--connect-rate",
        ),
        (
            |load| load.connect_timeout = Duration::ZERO,
            "--connect-timeout",
        ),
        (
            |load| load.classes[0].payload = Sizes::Fixed(0),
            "--payload 1 or more",
        ),
        (
            |load| load.classes[0].reply_size = Some(9),
            "--protocol framed",
        ),
        (
            |load| load.classes[0].payload = Sizes::Fixed(1 << 30),
            "at most 16777216",
        ),
        (
            |load| {
                *load = load.clone().with_schedule(Schedule::constant(5.0));
                load.classes[0].behaviour = Behaviour::named("idle").unwrap();
            },
            "remove its rate",
        ),
        (
            |load| load.classes.push(Class::of("clients", 1)),
            "rename one of them",
        ),
    ];
    for (change, remedy) in cases {
        let mut load = load();
        change(&mut load);
        let error = load.check().unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn numbers_out_of_range_are_refused_before_anything_is_allocated() {
    type Change = fn(&mut Load);
    let class = |connections| Class::of("more", connections);
    let cases: [(Change, &str); 9] = [
        (
            |load| load.classes[0].connections = usize::MAX,
            "counting --connections, --idle",
        ),
        (
            |load| load.classes[0].connections = limits::CONNECTIONS + 1,
            "more than 10000000 connections",
        ),
        (|load| load.threads = usize::MAX, "--threads 1 to 64"),
        (
            |load| (load.threads, load.process) = (1 << 63, (0, 2)),
            "--threads 1 to 64",
        ),
        (
            |load| (load.classes[0].connections, load.threads) = (2000, 2000),
            "from 1 to 1024",
        ),
        (
            |load| load.process = (0, usize::MAX),
            "--processes is 18446744073709551615",
        ),
        (
            |load| load.classes[0].pipeline = limits::PIPELINE + 1,
            "from 1 to 10000",
        ),
        (
            |load| (load.classes[0].connections, load.classes[0].pipeline) = (2000, 9999),
            "a smaller --pipeline",
        ),
        (
            |load| load.classes[0].queue = usize::MAX,
            "from 1 to 100000000",
        ),
    ];
    for (change, remedy) in cases {
        let mut load = load();
        change(&mut load);
        let error = load.check().unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
    let mut load = load();
    load.classes.push(class(usize::MAX - 63));
    let error = load.check().unwrap_err().to_string();
    assert!(error.contains("more than 10000000 connections"), "{error}");
}

#[test]
fn a_protocol_without_a_client_is_refused() {
    for protocol in Protocol::ALL {
        let checked = Load { protocol, ..load() }.check();
        if protocol == Protocol::Line {
            let error = checked.unwrap_err().to_string();
            assert!(
                error.ends_with("or talk to the server with `nc`"),
                "{error}"
            );
        } else {
            checked.unwrap();
        }
    }
}

#[test]
fn contradictions_about_http_are_refused_with_a_remedy() {
    type Change = fn(&mut Load);
    let cases: [(Change, &str); 6] = [
        (
            |load| load.protocol = Protocol::Echo,
            "use them with --protocol http",
        ),
        (|load| load.http.path = "x".to_owned(), "--path /index.html"),
        (|load| load.http.status = 99, "from 200 to 599"),
        (
            |load| load.classes[0].work = Some("spin:1ms".parse().unwrap()),
            "remove --work",
        ),
        (
            |load| {
                load.http.path = "/{bytes}".to_owned();
                load.classes[0].reply_size = Some(7);
            },
            "remove --reply-size",
        ),
        (
            |load| load.target = "udp:127.0.0.1:7".parse().unwrap(),
            "an address without `udp:`",
        ),
    ];
    for (change, remedy) in cases {
        let mut load = load();
        load.protocol = Protocol::Http;
        load.http.path = "/index.html".to_owned();
        load.classes[0].payload = Sizes::Fixed(0);
        load.check().unwrap();
        change(&mut load);
        let error = load.check().unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn loads_that_need_a_stream_are_refused_for_datagrams() {
    type Change = fn(&mut Load);
    let slow =
        |load: &mut Load| load.classes[0].behaviour = Behaviour::named("slow-sender").unwrap();
    let short = |load: &mut Load| load.classes[0].behaviour = Behaviour::named("short").unwrap();
    let cases: [(Change, &str); 6] = [
        (slow, "an address without `udp:`"),
        (short, "`clients`: `short` needs a stream"),
        (
            |load| load.classes[0].payload = Sizes::Fixed(1 << 16),
            "carries at most 65507",
        ),
        (
            |load| load.classes[0].payload = Sizes::Fixed(7),
            "--payload 8",
        ),
        (
            |load| {
                load.protocol = Protocol::Framed;
                load.classes[0].reply_size = Some(65_488);
            },
            "carries at most 65487",
        ),
        (
            |load| load.reply_timeout = Duration::ZERO,
            "--reply-timeout",
        ),
    ];
    for (change, remedy) in cases {
        let mut load = Load::on("udp:127.0.0.1:7".parse().unwrap());
        load.check().unwrap();
        change(&mut load);
        let error = load.check().unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn sources_need_a_target_of_their_kind() {
    let mut load = load();
    load.sources = vec!["127.0.0.2".parse().unwrap()];
    load.check().unwrap();
    for target in ["unix:/tmp/echo", "[::1]:7"] {
        load.target = target.parse().unwrap();
        let error = load.check().unwrap_err().to_string();
        assert!(error.contains("remove --sources"), "{error}");
    }
}

#[test]
fn processes_share_the_connections() {
    let mut all = 0;
    for process in 0..3 {
        let mut load = load();
        (load.threads, load.process) = (2, (process, 3));
        all += load.process_connections();
    }
    assert_eq!(all, 64);
}
