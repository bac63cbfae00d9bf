//! Tests of the ways to reap.

use super::*;

fn table(text: &str) -> Table {
    toml::from_str(text).unwrap()
}

fn bytes(numbers: &[i64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}

#[test]
fn the_number_of_children_is_from_one_to_a_thousand() {
    assert_eq!(children(&table("children = 1000")).unwrap(), 1000);
    for wrong in [0, 1001] {
        let error = children(&table(&format!("children = {wrong}"))).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("must be from 1 to 1000"), "{error}");
        assert!(error.ends_with("correct `lesson.toml`"), "{error}");
    }
    assert!(children(&table("children = 100000")).is_err());
}

#[test]
fn an_answer_has_an_error_or_two_numbers_or_is_missing() {
    let answer = Answer::parse(&bytes(&[0, 19, 1200])).unwrap();
    assert_eq!((answer.zombies, answer.cpu_us), (19, 1200));
    let refused = Answer::parse(&bytes(&[i64::from(libc::EAGAIN), 0, 0])).unwrap_err();
    assert!(matches!(refused, StepError::System(_)), "{refused}");
    let error = Answer::parse(&[]).unwrap_err().to_string();
    assert!(
        error.starts_with("the parent of the experiment died"),
        "{error}"
    );
}

#[test]
fn each_way_leaves_its_zombies_and_sees_the_cpu_time_of_those_it_waits_for() {
    let one = experiment(Way::OncePerSignal, 5).unwrap();
    assert_eq!(one.zombies, 4);
    let all = experiment(Way::InALoop, 5).unwrap();
    assert_eq!(all.zombies, 0);
    assert!(all.cpu_us > one.cpu_us, "{all:?} {one:?}");
    let none = Answer {
        zombies: 0,
        cpu_us: 0,
    };
    assert_eq!(experiment(Way::Ignored, 5).unwrap(), none);
}

#[test]
fn a_process_that_runs_is_no_zombie() {
    let this = std::process::id() as i32;
    assert_eq!(adopted_zombies(&this.to_ne_bytes()), 0);
}
