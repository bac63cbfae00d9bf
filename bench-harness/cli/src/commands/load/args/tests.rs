//! Every option reaches the load, and what makes no sense is refused.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use clap::{CommandFactory as _, Parser};
use loadgen::{Behaviour, Class, Load, Schedule};

use super::build::WITH_REQUESTS;
use super::*;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    load: LoadArgs,
}

/// The options in these words, after an address.
pub fn args(words: &str) -> Result<LoadArgs, String> {
    let words = ["load", "127.0.0.1:7"]
        .into_iter()
        .chain(words.split_whitespace());
    let program = Program::try_parse_from(words);
    program
        .map(|program| program.load)
        .map_err(|error| error.to_string())
}

fn parse(words: &str) -> Result<Load, String> {
    args(words)?.load().map_err(|error| error.to_string())
}

#[test]
fn without_options_the_default_load_runs() {
    let load = parse("").unwrap();
    assert_eq!(load, Load::on("127.0.0.1:7".parse().unwrap()));
}

#[test]
fn the_options_of_http_reach_the_load() {
    let load = parse("-p http --path /index.html --host example.org --status 404 --reply-size 7");
    let load = load.unwrap();
    let http = loadgen::Http {
        path: "/index.html".to_owned(),
        host: Some("example.org".to_owned()),
        status: 404,
    };
    assert_eq!((load.protocol, load.http), (Protocol::Http, http));
    let error = parse("--path /index.html").unwrap_err();
    assert!(error.ends_with("use them with --protocol http"), "{error}");
}

#[test]
fn every_option_reaches_the_load() {
    let words = "-c 9 -d 2s -n 100 -w 1ms -s 4KiB -p framed --work spin:250us --reply-size 7 --think 3ms \
         --pipeline 2 --connect-rate 50 --connect-timeout 6s --reconnects 4 -t 3 --seed 8 --no-verify --busy \
         --conversation 5 --ending reset --sources 2 --part 1/2";
    let expected = Load {
        protocol: Protocol::Framed,
        classes: vec![Class {
            schedule: Schedule::Closed {
                think: Duration::from_millis(3),
            },
            behaviour: Behaviour {
                conversation: Some(5),
                ending: Ending::Reset,
                ..Behaviour::default()
            },
            payload: Sizes::Fixed(4096),
            work: Some("spin:250us".parse().unwrap()),
            reply_size: Some(7),
            pipeline: 2,
            connect_rate: Some(50.0),
            reconnects: 4,
            ..Class::of("clients", 9)
        }],
        duration: Duration::from_secs(2),
        requests: Some(100),
        warmup: Duration::from_millis(1),
        connect_timeout: Duration::from_secs(6),
        sources: ["127.0.0.1", "127.0.0.2"]
            .map(|ip| ip.parse().unwrap())
            .to_vec(),
        threads: 3,
        process: (1, 2),
        held: true,
        seed: 8,
        verify: false,
        busy: true,
        ..Load::on("127.0.0.1:7".parse().unwrap())
    };
    assert_eq!(parse(words), Ok(expected));
}

#[test]
fn source_addresses_can_be_listed() {
    let load = parse("--sources 127.0.0.9,127.3.2.1").unwrap();
    let listed: [IpAddr; 2] = ["127.0.0.9", "127.3.2.1"].map(|ip| ip.parse().unwrap());
    assert_eq!(load.sources, listed);
}

#[test]
fn a_rate_makes_an_open_loop() {
    let load = parse("--rate 20000 --arrivals poisson --queue 5").unwrap();
    assert_eq!(
        (load.classes[0].schedule.clone(), load.classes[0].queue),
        (Schedule::poisson(20e3), 5)
    );
}

#[test]
fn other_clients_are_classes_of_their_own() {
    let load = parse("--idle 100 --slow-senders 3 --slow-receivers 2").unwrap();
    let classes: Vec<_> = load
        .classes
        .iter()
        .map(|class| (class.name.as_str(), class.connections))
        .collect();
    assert_eq!(
        classes,
        [
            ("clients", 64),
            ("idle", 100),
            ("slow senders", 3),
            ("slow receivers", 2)
        ]
    );
}

#[test]
fn a_file_gives_the_clients_and_options_win() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.toml");
    fs::write(
        &path,
        "duration = \"3s\"\nseed = 5\n[[class]]\nname = \"a\"\nconnections = 7\n",
    )
    .unwrap();
    let load = parse(&format!("--load {} --seed 6 --idle 2", path.display())).unwrap();
    assert_eq!((load.duration, load.seed), (Duration::from_secs(3), 6));
    assert_eq!(
        (load.connections(), load.classes[0].name.as_str()),
        (9, "a")
    );

    let error = parse(&format!("--load {} --connections 3", path.display())).unwrap_err();
    assert!(error.contains("cannot be used with"), "{error}");
    fs::write(&path, "[[class]]\nconections = 7\n").unwrap();
    let error = parse(&format!("--load {}", path.display())).unwrap_err();
    assert!(
        error.contains("line 2, column 1") && error.contains("did you mean `connections`?"),
        "{error}"
    );
}

#[test]
fn a_number_of_requests_needs_neither_warm_up_nor_duration() {
    let load = parse("-n 5").unwrap();
    assert_eq!(
        (load.warmup, load.duration),
        (Duration::ZERO, WITH_REQUESTS)
    );
}

#[test]
fn an_option_that_cannot_be_read_is_refused_with_an_example() {
    for (words, example) in [
        ("-d soon", "250us, 10ms or 30s"),
        ("-d=-1s", "250us, 10ms or 30s"),
        ("-s many", "64, 4KiB or 1MiB"),
        ("-p gopher", "`echo`, `framed`, `http` or `line`"),
        ("--work hard", "spin:250us"),
        ("--work spin:1m", "at most 16.7 s"),
        ("--rate 0", "for example 20000"),
        ("--rate 5 --arrivals often", "`constant` or `poisson`"),
        ("--rate 5 --think 1s", "cannot be used with"),
        ("--arrivals poisson", "--rate"),
        (
            "--conversation 1 --ending now",
            "close, half-close, reset or await-server",
        ),
        ("--part 2/2", "0/2"),
        ("--sources 0", "10.0.0.1,10.0.0.2"),
        ("--sources 127.0.0.1,::1", "of the same kind (IPv4 or IPv6)"),
        ("--sources 203.0.113.1", "`ip address` lists"),
        ("--load /does/not/exist", "check the path after --load"),
        ("-t 99", "--threads 1 to 64"),
    ] {
        let error = parse(words).unwrap_err();
        assert!(error.contains(example), "{words}: {error}");
    }
}

/// A default in the help is the value that the option has if it is not given.
#[test]
fn the_defaults_in_the_help_are_true() {
    let mut checked = Vec::new();
    let program = Program::command();
    for option in program.get_arguments() {
        let help = option
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let Some((_, default)) = help.split_once("[default: ") else {
            continue;
        };
        let default = default.split([';', ']']).next().unwrap_or_default();
        if default.contains(' ') {
            continue;
        }
        let needed = match option.get_id().as_str() {
            "arrivals" | "queue" => "--rate 100",
            "ending" => "--conversation 3",
            _ => "",
        };
        let name = option.get_long().expect("options have long names");
        let given = format!("{needed} --{name} {default}");
        assert_eq!(parse(&given), parse(needed), "--{name}");
        checked.push(name);
    }
    assert!(checked.len() >= 14, "{checked:?}");
}
