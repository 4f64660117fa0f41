//! A judge that puts its work aside whenever it can finds what one finds that never does.

use sim_core::catalogue;
use sim_core::check::judge::Judge;
use sim_core::check::pace::Pace;
use sim_core::run::{Run, Timeline};
use sim_core::units::Micros;
use sim_core::view::Tone;

/// The moments of a run at which somebody was answered.
fn answers(timeline: &Timeline) -> Vec<Micros> {
    let ended = timeline.history().records.iter().map(|op| op.ended);
    ended.filter(|at| *at != Micros::NEVER).collect()
}

#[test]
fn a_judge_that_rests_finds_the_same_and_says_no_from_the_first_look() {
    let (mut moments, mut rested, mut broken) = (0, 0, 0);
    for scenario in catalogue::all() {
        for seed in [1, 155] {
            let run = Run::new(scenario.clone(), seed);
            let mut timeline = Timeline::of(run).unwrap_or_else(|why| panic!("{why:?}"));
            let mut hasty = Judge::of(&timeline);
            hasty.follow();
            let mut calm = Judge::of(&timeline).paced(Pace::new(|| true));
            calm.follow();
            // The last first, so that a contradiction is not known from before.
            for at in answers(&timeline).into_iter().rev().step_by(7) {
                let mut looks = 0;
                loop {
                    assert!(looks < 100_000, "{} never ends", scenario.id);
                    looks += 1;
                    calm.advance(u64::MAX);
                    let told = calm.consistency(at);
                    let ladder = calm.ladder(&mut timeline, at);
                    assert_eq!(told.tone, hasty.consistency(at).tone);
                    if calm.is_done() {
                        assert_eq!(told.words, hasty.consistency(at).words);
                        assert_eq!(told.ops, hasty.consistency(at).ops);
                        assert_eq!(ladder, hasty.ladder(&mut timeline, at));
                        break;
                    }
                    assert_eq!(ladder, None);
                }
                moments += 1;
                rested += u32::from(looks > 1);
                broken += u32::from(hasty.consistency(at).tone == Tone::No);
            }
        }
    }
    assert!(
        broken > 10 && rested > broken,
        "{moments} {rested} {broken}"
    );
}
