//! Convergence against its definition: once nothing changes any more, whoever looks at the same thing last is told the
//! same (Vogels 2009, "Eventually Consistent": "if no new updates are made to the object, eventually all accesses will
//! return the last updated value").

mod plain;

use plain::{NIL, Numbers, acts, exhaust, laid_out, place};
use sim_core::check::history::{Ended, History, Op};
use sim_core::check::ladder::{Stands, convergence};
use sim_core::check::linearizable::Question;
use sim_core::check::model::ModelKind;

/// By definition, of every pair of clients and everything that can be looked at.
fn by_definition(history: &History) -> Stands {
    let is_change = |op: &&Op| !op.ask.is_read() && op.outcome != Ended::Refused;
    let changes: Vec<&Op> = history.ops.iter().filter(is_change).collect();
    if changes.iter().any(|op| op.outcome == Ended::Unknown) {
        return Stands::Open;
    }
    let is_quiet_at = |place: u32| changes.iter().all(|change| change.ended < place);
    let is_look = |op: &&Op| op.ask.is_read() && op.outcome == Ended::Ok && is_quiet_at(op.invoked);
    let looks: Vec<&Op> = history.ops.iter().filter(is_look).collect();
    let at = |op: &Op| (op.key, op.ask, op.a);
    let is_last = |one: &&&Op| {
        let mut later = looks.iter().filter(|other| other.invoked > one.invoked);
        !later.any(|other| other.client == one.client && at(other) == at(one))
    };
    let last: Vec<&&Op> = looks.iter().filter(is_last).collect();
    let mut found = Stands::Open;
    for one in &last {
        for other in &last {
            if one.client != other.client && at(one) == at(other) {
                if one.result != other.result {
                    return Stands::No;
                }
                found = Stands::Yes;
            }
        }
    }
    found
}

fn compare(kind: ModelKind, history: &History, counts: &mut [u64; 3]) {
    let found = convergence(&Question::whole(history, kind, NIL));
    let expected = by_definition(history);
    assert_eq!(found.stands, expected, "{kind:?} {:#?}", history.ops);
    counts[match expected {
        Stands::Yes => 0,
        Stands::No => 1,
        _ => 2,
    }] += 1;
    // Two who were told different things, and nothing else.
    if expected == Stands::No {
        let [one, other] = found.ops[..] else {
            panic!("{:?}", found.ops)
        };
        let [one, other] = [one, other].map(|op| history.ops[op as usize]);
        assert!(one.client != other.client && one.result != other.result);
    }
}

fn can_differ(kind: ModelKind) -> bool {
    // Nobody looks at a lock or a queue without changing it.
    !matches!(kind, ModelKind::Lock | ModelKind::Queue)
}

#[test]
fn four_operations_of_each_model() {
    for (_, kind) in ModelKind::NAMES {
        let mut history = History::default();
        let acts = acts(kind, &mut history);
        let mut counts = [0; 3];
        exhaust(&mut history, &acts, 4, |history| {
            compare(kind, history, &mut counts)
        });
        println!("{kind:?}: {counts:?}");
        assert!(counts[2] > 100, "{kind:?} {counts:?}");
        assert!(
            !can_differ(kind) || counts[0] > 100 && counts[1] > 100,
            "{kind:?} {counts:?}"
        );
    }
}

#[test]
fn a_hundred_thousand_random_histories() {
    let mut numbers = Numbers(5);
    for (_, kind) in ModelKind::NAMES {
        let mut history = History::default();
        let mut acts = acts(kind, &mut history);
        // Half of them have nothing that nobody knows of: else it is hardly ever quiet.
        let mut known = acts.clone();
        known.retain(|one| one.outcome == Ended::Ok);
        let mut counts = [0; 3];
        for round in 0..10_000 {
            if round == 5_000 {
                acts.clone_from(&known);
            }
            let count = 5 + numbers.below(4);
            let clients = 2 + numbers.below(2);
            let (mut marks, mut owners, mut free) = (Vec::new(), Vec::new(), vec![0; clients]);
            for number in 0..count {
                let client = numbers.below(clients);
                let from = free[client] + numbers.below(4);
                let to = from + 1 + numbers.below(6);
                free[client] = to + 1;
                owners.push((from, client as u32));
                marks.extend([(from, number, false), (to, number, true)]);
            }
            let (order, spans) = laid_out(marks, count);
            let chosen: Vec<_> = order
                .iter()
                .map(|_| acts[numbers.below(acts.len())])
                .collect();
            place(&mut history, &chosen, &spans);
            for (op, one) in history.ops.iter_mut().zip(&order) {
                op.client = owners[*one].1;
            }
            compare(kind, &history, &mut counts);
        }
        println!("{kind:?}: {counts:?}");
        assert!(
            !can_differ(kind) || counts[0] > 20 && counts[1] > 100,
            "{kind:?} {counts:?}"
        );
    }
}
