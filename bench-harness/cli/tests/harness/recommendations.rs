//! Which contenders are never recommended beside others: servers of datagrams, and reference lines.

use analysis::Summary;
use record::plan::{Contender, ContenderId};
use record::sample::Sample;
use record::warning::TrialWarning;

use crate::verdicts::{HUNDRED, READY_LIST, TWIN, change, run_with_twin};

#[test]
fn a_server_of_datagrams_is_not_recommended_beside_servers_of_streams() {
    are_recommended_only_among_themselves(|contender| contender.datagrams = true);
}

#[test]
fn a_reference_line_is_not_recommended_beside_models() {
    are_recommended_only_among_themselves(|contender| contender.reference_line = true);
}

fn are_recommended_only_among_themselves(make: fn(&mut Contender)) {
    let good = |others: &[ContenderId]| {
        let mut run = run_with_twin();
        for &contender in others {
            make(&mut run.plan.contenders[contender]);
        }
        Summary::of(&run).choice(HUNDRED).good
    };
    let all: Vec<ContenderId> = (0..=TWIN.0).map(ContenderId).collect();
    assert_eq!(
        good(&[]),
        good(&all),
        "they compete where there are no others"
    );
    let best = good(&[]);
    assert!(!best.is_empty());
    for taken in &best {
        assert!(!good(&best).contains(taken));
    }
}

#[test]
fn a_reference_line_that_disturbs_itself_casts_no_doubt_on_models() {
    let disturb = |row: &mut Sample| {
        if row.contender == "ready-list" && row.block >= 1 {
            row.warnings.push(TrialWarning::Disturbed { delay: 0.3 });
        }
    };
    let mut run = change(run_with_twin(), disturb);
    assert!(Summary::of(&run).disturbed() > 0);
    assert!(!Summary::of(&run).choice(HUNDRED).doubts.is_empty());
    run.plan.contenders[READY_LIST].reference_line = true;
    let summary = Summary::of(&run);
    assert_eq!(summary.disturbed(), 0);
    assert_eq!(summary.choice(HUNDRED).doubts, []);
}
