//! What a reader does, without a page.

use super::*;
use sim_core::action::Action;
use sim_core::catalogue;
use sim_core::operation::Operation;

fn link(id: &str, at_ms: u64) -> Link {
    let scenario = catalogue::find(id).expect("in the catalogue");
    Link {
        run: Run::new(scenario, 7),
        at: Micros::from_ms(at_ms),
        digest: 0,
    }
}

fn session() -> Session {
    Session::open(&link("bank-two-cut", 0)).expect("it runs")
}

fn after(session: &Session, msgs: &[Msg]) -> Session {
    msgs.iter()
        .fold(session.clone(), |session, msg| session.reduce(msg.clone()))
}

fn crash() -> Msg {
    Change::Act(Action::Kill(Endpoint(0))).into()
}

#[test]
fn seeking_twice_is_seeking_once() {
    let once = session().reduce(Msg::Seek(Micros::from_ms(812)));
    let twice = once.reduce(Msg::Seek(Micros::from_ms(812)));
    assert_eq!(once.at, twice.at);
    assert_eq!(
        format!("{:?}", once.picture),
        format!("{:?}", twice.picture)
    );
    let beyond = once.reduce(Msg::Seek(Micros::NEVER));
    assert_eq!(beyond.at, beyond.end());
}

#[test]
fn a_step_and_a_step_back_stand_on_moments() {
    let start = session().reduce(Msg::Seek(Micros::from_ms(812)));
    let there = start.reduce(Msg::Step);
    assert!(there.moments.contains(&there.at) && there.at > start.at);
    let back = there.reduce(Msg::StepBack);
    assert!(back.at <= start.at && back.moments.contains(&back.at));
    let ten = after(&start, &[Msg::StepMany(10), Msg::StepMany(-10)]);
    assert_eq!(ten.reduce(Msg::Step).at, there.at);
    let (moment, of) = start.reduce(Msg::ToEnd).moment();
    assert_eq!(moment, of);
}

#[test]
fn acting_in_the_past_keeps_the_other_run() {
    let forked = after(
        &session(),
        &[Msg::ToEnd, Msg::Seek(Micros::from_ms(812)), crash()],
    );
    assert_eq!(forked.branches.len(), 1);
    assert_eq!(forked.branches[0].label, "the first run");
    assert_eq!(forked.run().actions.len(), 1);
    assert!(
        forked
            .forked
            .as_ref()
            .is_some_and(|(at, _)| *at == forked.at)
    );
    // A second act right there goes on with the new run.
    let more = forked.reduce(Msg::from(Change::Act(Action::Restart(Endpoint(0)))));
    assert_eq!((more.branches.len(), more.run().actions.len()), (1, 2));
    // Going back there and forth keeps both.
    let first = more.reduce(Msg::from(Change::Switch { branch: 0 }));
    assert!(first.is_original());
    assert_eq!(
        *first.reduce(Msg::from(Change::Switch { branch: 0 })).run(),
        *more.run()
    );
    // Acting before both drops them from this run and keeps it as another.
    let earlier = more.reduce(Msg::Seek(Micros::from_ms(200))).reduce(crash());
    assert_eq!(
        (earlier.branches.len(), earlier.run().actions.len()),
        (2, 1)
    );
}

#[test]
fn a_crash_is_seen_at_once() {
    let forked = after(&session(), &[Msg::Seek(Micros::from_ms(812)), crash()]);
    assert_eq!(forked.picture.nodes[0].life, sim_core::world::Life::Killed);
    let told = forked.picture.telling.map(|event| forked.sentence(event));
    assert!(told.is_some_and(|words| words.contains("crashes")));
}

#[test]
fn reset_returns() {
    let opened = Session::open(&link("bank-two-cut", 812)).expect("it runs");
    let policy = Msg::from(Change::Choose {
        setting: "policy",
        value: 2,
    });
    let far = after(
        &opened,
        &[
            crash(),
            policy,
            Msg::from(Change::Seed(9)),
            Msg::Step,
            Msg::Play(true),
        ],
    );
    assert!(!far.is_original());
    let back = far.reduce(Msg::Reset);
    assert!(back.is_original() && !back.playing && back.branches.is_empty());
    assert_eq!(back.at, opened.at);
    assert_eq!(
        back.timeline.borrow().digest(),
        opened.timeline.borrow().digest()
    );
}

#[test]
fn settings_seed_and_rules_keep_what_was_done() {
    let acted = after(&session(), &[Msg::Seek(Micros::from_ms(812)), crash()]);
    let policy = acted.reduce(Msg::from(Change::Choose {
        setting: "policy",
        value: 2,
    }));
    assert_eq!(policy.run().actions, acted.run().actions);
    assert_eq!(
        (policy.at, policy.run().scenario.settings[0]),
        (acted.at, 2)
    );
    let broken = acted.reduce(Msg::from(Change::Break { rule: 0, off: true }));
    assert_eq!(broken.run().scenario.broken, 1);
    assert_eq!(
        broken
            .reduce(Msg::from(Change::Break {
                rule: 0,
                off: false
            }))
            .run()
            .scenario
            .broken,
        0
    );
    assert_eq!(acted.reduce(Msg::from(Change::Seed(3))).run().seed, 3);
}

#[test]
fn what_cannot_run_is_refused_with_a_reason_and_changes_nothing() {
    let start = session();
    let refused = start.reduce(Msg::from(Change::Choose {
        setting: "policy",
        value: 99,
    }));
    assert!(
        refused
            .problem
            .as_ref()
            .is_some_and(|why| why.to_string().contains("policy"))
    );
    assert!(refused.is_original());
}

#[test]
fn playing_passes_time_and_stops_at_the_end() {
    let mut playing = after(&session(), &[Msg::Speed(Speed::slower(1)), Msg::Play(true)]);
    let before = playing.clone();
    assert!(!playing.frame(1_000) || playing.at == Micros(1_000));
    assert_eq!(playing.at, Micros(1_000));
    // A frame in which nothing happened is no new revision: nobody has to draw.
    assert!(playing == before);
    for _ in 0..1_000 {
        playing.frame(16_667);
    }
    assert!(!playing.playing);
    assert_eq!(playing.at, playing.end());
    assert_eq!(playing.reduce(Msg::Play(true)).at, Micros::ZERO);
}

#[test]
fn slow_frames_lose_no_time() {
    let mut playing = after(
        &session(),
        &[Msg::Speed(Speed::slower(100)), Msg::Play(true)],
    );
    playing.at = Micros::from_ms(101);
    playing.redraw();
    assert!(!playing.is_quiet(), "a call is on its way");
    for _ in 0..30 {
        playing.frame(10);
    }
    assert_eq!(playing.at, Micros(101_003));
}

#[test]
fn a_selection_is_the_same_thing_in_every_view() {
    let deposit = Action::Operate {
        client: Endpoint(2),
        operation: Operation::Deposit { amount: 5 },
    };
    let asked = after(
        &session(),
        &[Msg::from(Change::Act(deposit)), Msg::StepMany(3)],
    );
    let op = OpId(0);
    let selected = asked.reduce(Msg::Select(Selection::Operation(op)));
    let invoked = selected.selected_event().expect("it was asked");
    assert!(selected.is_selected_op(op) && selected.is_selected_event(invoked));
    // Through the event, and through a message that it brought about.
    let by_event = asked.reduce(Msg::Select(Selection::Event(invoked)));
    assert!(by_event.is_selected_op(op));
    let sent = asked.picture.arrows[0].name;
    let by_message = asked.reduce(Msg::Select(Selection::Message(sent)));
    assert!(by_message.is_selected_op(op) && by_message.is_selected_message(sent));
}

#[test]
fn a_link_from_elsewhere_can_be_left_again() {
    let start = session();
    let adopted = |link: &Link| start.adopt(Session::open(link).expect("it runs"));
    let elsewhere = adopted(&link("bank-three", 400));
    assert_eq!(
        (elsewhere.at, elsewhere.branches.len()),
        (Micros::from_ms(400), 1)
    );
    assert!(elsewhere.reduce(Msg::Reset).is_original());
    assert!(!elsewhere.drifted);
    let other = Link {
        digest: 1,
        ..link("bank-three", 400)
    };
    assert!(adopted(&other).drifted);
}

#[test]
fn the_verdict_follows_the_moment_and_names_the_models_that_hold() {
    use sim_core::check::ladder::Level;
    use sim_core::view::Tone;
    let mut session = session();
    session = session.reduce(Msg::from(Change::ChooseAll(
        [("policy", 2)].as_slice().into(),
        None,
    )));
    let strongest = |session: &Session| {
        let verdict = session.verdict.as_ref().expect("it is judged");
        let ladder = verdict.ladder.as_ref();
        ladder.map(|ladder| ladder.strongest().collect::<Vec<_>>())
    };
    assert_eq!(strongest(&session), None);
    let early = session.reduce(Msg::Seek(Micros::from_ms(500)));
    assert_eq!(strongest(&early), Some(vec![Level::Linearizable]));
    let late = early.reduce(Msg::ToEnd);
    assert_eq!(strongest(&late), Some(vec![Level::Sequential]));
    let verdict = late.verdict.clone().expect("it is judged");
    assert_eq!(verdict.consistency.tone, Tone::No);
    assert_eq!(late.named_by(Clause::Consistency), verdict.consistency.ops);
    // While time passes too.
    let playing = early.reduce(Msg::Play(true));
    let mut playing = playing.reduce(Msg::Seek(Micros::from_ms(790)));
    assert_eq!(strongest(&playing), Some(vec![Level::Linearizable]));
    for _ in 0..200 {
        playing.frame(50_000);
    }
    assert_eq!(strongest(&playing), Some(vec![Level::Sequential]));
    // Back before the contradiction there is none, and nothing is judged anew for that.
    let back = late.reduce(Msg::Seek(Micros::from_ms(500)));
    assert_eq!(strongest(&back), Some(vec![Level::Linearizable]));
    assert!(!back.is_judging());
}

#[test]
fn readers_who_do_not_agree_yet_are_named_with_what_they_read() {
    use sim_core::check::ladder::Stands;
    let alone = Change::ChooseAll([("policy", 2)].as_slice().into(), None);
    let session = session().reduce(Msg::from(alone));
    // Ben is told 100 at 810 ms; Ann, who has put in another 100, asks too.
    let asks = Change::Act(Action::Operate {
        client: Endpoint(2),
        operation: Operation::Balance,
    });
    let asked = after(&session, &[Msg::Seek(Micros::from_ms(850)), asks.into()]);
    let told = asked.reduce(Msg::Seek(Micros::from_ms(900)));
    let verdict = told.verdict.clone().expect("it is judged");
    let ladder = verdict.ladder.clone().expect("people were answered");
    assert_eq!(ladder.convergence.stands, Stands::No);
    assert_eq!(told.named_by(Clause::Convergence), [OpId(2), OpId(3)]);
    let chosen = told.reduce(Msg::Select(Selection::Clause(Clause::Convergence)));
    assert!(chosen.is_selected_op(OpId(3)));
    assert!(
        !told.picture.standing.stale.is_empty(),
        "South has not heard of it"
    );
}

#[test]
fn what_was_too_much_to_judge_while_time_passed_is_judged_when_it_stands_still() {
    let start = Session::open(&link("bank-five-load", 20_000)).expect("it runs");
    let judged = |session: &Session| {
        let verdict = session.verdict.as_ref();
        verdict.is_some_and(|verdict| verdict.ladder.is_some())
    };
    let mut playing = start.reduce(Msg::Play(true));
    for _ in 0..1_000 {
        if !playing.is_judging() && !judged(&playing) {
            break;
        }
        playing = playing.reduce(Msg::Judge);
        playing.frame(50_000);
    }
    assert!(playing.playing && !judged(&playing));
    assert!(judged(&playing.reduce(Msg::Play(false))));
}

#[test]
fn a_button_switches_rules_off_and_another_one_switches_them_on_again() {
    let press = |off| Msg::from(Change::ChooseAll([].as_slice().into(), off));
    let before = session();
    let broken = before.reduce(press(Some(0b10)));
    assert_eq!(broken.run().scenario.broken, 0b10);
    // One that is not about rules leaves them alone.
    let broken = broken.reduce(press(None));
    assert_eq!(broken.run().scenario.broken, 0b10);
    let mended = broken.reduce(press(Some(0)));
    assert_eq!(*mended.run(), mended.original);
}
