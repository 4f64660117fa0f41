//! The page for histories of other systems: what becomes of one that was put in. A script of the page takes it in and
//! has a [worker](judging) judge it; what that says is drawn here.

mod judging;
mod packet;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::Element;

use crate::lattice::{self, Look};
use crate::operations::{Deed, Hears, Sheet, SheetGiven, Shown};
use crate::ui::{self, Again, Html, Once, Piece, Tag, button, div, list, p, part, span, tag};
use crate::widget::page;
use figure::operations::Laid;
use figure::verdict::capital;
use judging::{MORE, word};
use packet::{Found, More, Unpacking, Walk};
use sim_core::check::ladder::{Finding, Level, Stands};
use sim_core::view::{Part, fill};

pub use judging::judge;

/// So many operations are unpacked at a time, so that the page answers meanwhile.
const AT_A_TIME: u32 = 1_000;

/// What stands for what in the drawing.
const LEGEND: &str = "Filled: writes. Outlined: reads. Open at the right, with “?”: nobody knows whether it happened. Crossed out: refused.";

/// A judged history.
struct Judged {
    /// It, laid out.
    shown: Rc<Shown>,
    about: String,
    stands: Stands,
    words: String,
}

/// How far it is.
#[derive(Default)]
enum Step {
    #[default]
    Idle,
    Reading,
    Order(u32),
    Judged,
    /// It is no history, on this line, which stands in the page's field or not.
    Refused(u32, String, bool),
    /// It was not judged, for this reason.
    Stopped(String),
}

/// What is selected: a sentence, or an operation.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Chosen {
    #[default]
    Nothing,
    Model(Level),
    Convergence,
    Wrong(usize),
    Op(u32),
}

#[derive(Default)]
struct Kept {
    step: Step,
    unpacking: Option<Unpacking>,
    judged: Option<Judged>,
    /// How many histories were judged.
    count: u32,
    /// Which history this is of those that were put in, and for how many seconds an order was looked for.
    turn: u32,
    waited: u32,
    /// How many answers some order explains by then.
    far: u32,
    /// Which of the weaker models is being judged, and its name.
    weaker: (u32, String),
    more: Option<More>,
    chosen: Chosen,
    /// The model that is told of, once they are judged.
    told: Option<Level>,
    /// How often a sentence was selected: the operations come into view each time.
    asked: u32,
}

/// The island.
pub(crate) struct Check {
    again: Again,
    kept: RefCell<Kept>,
    hears: OnceCell<Hears>,
}

/// Mounts the island.
pub fn mount(place: Element) {
    ui::mount::<Check>(place.clone(), Once(place));
}

impl Piece for Check {
    type Given = Once<Element>;

    fn begin(_: &Once<Element>, again: Again) -> Self {
        Self {
            again,
            kept: RefCell::default(),
            hears: OnceCell::new(),
        }
    }

    fn draw(self: &Rc<Self>, _: &Once<Element>) -> Html {
        let kept = self.kept.borrow();
        let judged = kept.judged.as_ref();
        let shown = judged.map(|judged| self.shown(&kept, judged));
        list(vec![
            status(&kept),
            div("ck-room").node(shown.map_or_else(Html::default, Tag::done)),
        ])
    }

    /// Once it stands there, the page's script is told whom to tell, and gets the module for its workers.
    fn drawn(self: &Rc<Self>, Once(place): &Once<Element>, first: bool) {
        let ready = Reflect::get(place, &"ready".into());
        let ready = ready
            .ok()
            .and_then(|ready| ready.dyn_into::<Function>().ok());
        let Some(ready) = ready.filter(|_| first) else {
            return;
        };
        let check = Rc::clone(self);
        let heard = Closure::<dyn FnMut(Array)>::new(move |said: Array| check.heard(&said));
        let _ = Reflect::set(place, &"tell".into(), &heard.into_js_value());
        let _ = ready.call1(place, &wasm_bindgen::module());
    }
}

impl Check {
    /// What a worker says, or the page's script for it, and whether the lines that were put in stand in the page's field.
    fn heard(self: &Rc<Self>, said: &Array) {
        let what = said.get(0);
        match what.as_string() {
            Some(words) => self.heard_words(&words, said.get(1).is_truthy()),
            None => self.heard_bytes(Uint8Array::new(&what).to_vec()),
        }
        self.again.now();
    }

    /// Counts the seconds for as long as an order is looked for.
    fn wait(self: &Rc<Self>, turn: u32) {
        let check = Rc::clone(self);
        page::later(1_000_000, move || {
            let mut kept = check.kept.borrow_mut();
            if kept.turn == turn && matches!(kept.step, Step::Order(_)) {
                kept.waited += 1;
                check.again.now();
                check.wait(turn);
            }
        });
    }

    fn heard_words(self: &Rc<Self>, said: &str, is_shown: bool) {
        let mut parts = said.splitn(3, '\t');
        let word = parts.next().unwrap_or_default();
        let number = parts
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        let words = parts.next().unwrap_or_default().to_owned();
        let mut kept = self.kept.borrow_mut();
        match word {
            word::READING => {
                *kept = Kept {
                    step: Step::Reading,
                    count: kept.count,
                    turn: kept.turn + 1,
                    ..Kept::default()
                };
            }
            word::ORDER => {
                let is_first = !matches!(kept.step, Step::Order(_));
                kept.step = Step::Order(number);
                kept.far = words.parse().unwrap_or(0);
                if is_first {
                    self.wait(kept.turn);
                }
            }
            word::MODEL => kept.weaker = (number, words),
            word::REFUSED => kept.step = Step::Refused(number, words, is_shown),
            // It goes no further. What was found before stays.
            _ => {
                kept.unpacking = None;
                kept.turn += 1;
                match kept.judged {
                    Some(_) if kept.more.is_none() => kept.more = Some(More::open(&words)),
                    Some(_) => {}
                    None => kept.step = Step::Stopped(words),
                }
            }
        }
    }

    fn heard_bytes(self: &Rc<Self>, bytes: Vec<u8>) {
        if bytes.first() != Some(&MORE) {
            self.kept.borrow_mut().unpacking = Some(Unpacking::of(bytes));
            return self.unpack();
        }
        let mut more = More::open("");
        Walk::read(bytes).more(&mut more);
        let mut kept = self.kept.borrow_mut();
        kept.told = None;
        kept.more = Some(more);
    }

    /// Unpacks some operations, and the next ones once the browser has had its turn.
    fn unpack(self: &Rc<Self>) {
        let mut kept = self.kept.borrow_mut();
        let Some(unpacking) = kept.unpacking.as_mut() else {
            return;
        };
        match unpacking.go_on(AT_A_TIME) {
            None => {
                let check = Rc::clone(self);
                page::later(0, move || check.unpack());
            }
            Some(found) => {
                kept.unpacking = None;
                let (check, turn) = (Rc::clone(self), kept.turn);
                page::later(0, move || check.show(turn, found));
            }
        }
    }

    /// Lays out what was found, unless another history was put in since, and then shows it: each in its turn.
    fn show(self: &Rc<Self>, turn: u32, found: Found) {
        let mut kept = self.kept.borrow_mut();
        if kept.turn == turn {
            kept.step = Step::Judged;
            kept.judged = Some(Judged::of(found));
            kept.count += 1;
            let check = Rc::clone(self);
            page::later(0, move || check.again.now());
        }
    }

    fn choose(&self, chosen: Chosen) {
        let mut kept = self.kept.borrow_mut();
        kept.chosen = chosen;
        if let Chosen::Model(level) = chosen {
            kept.told = Some(level);
        }
        if !matches!(chosen, Chosen::Op(_)) {
            kept.asked += 1;
            let ops = ops(&kept);
            if let Some(judged) = kept.judged.as_mut()
                && let Some(gathered) = judged.shown.gathering(&ops)
            {
                judged.shown = Rc::new(gathered);
            }
        }
        drop(kept);
        self.again.now();
    }

    /// Hears which operation is selected in the drawing.
    fn hears(self: &Rc<Self>) -> Hears {
        let hears = self.hears.get_or_init(|| {
            let check = Rc::downgrade(self);
            Hears(Rc::new(move |deed| {
                if let (Some(check), Deed::Choose(op)) = (check.upgrade(), deed) {
                    check.choose(Chosen::Op(op));
                }
            }))
        });
        hears.clone()
    }

    fn shown(self: &Rc<Self>, kept: &Kept, judged: &Judged) -> Tag {
        let sheet = SheetGiven {
            hears: self.hears(),
            id: "op".to_owned(),
            shown: Rc::clone(&judged.shown),
            of: kept.count,
            now: None,
            client: None,
            chosen: ops(kept),
            asked: kept.asked,
        };
        let told = div("la-told").node(match &kept.more {
            Some(more) => list(self.told(kept, more)),
            None => p("ck-wait").says(weaker(kept)).done(),
        });
        let pair = div("la-pair").child(self.lattice(kept)).child(told);
        div("ck")
            .is("role", "group")
            .is("aria-label", "What was found")
            .child(p("ck-about").says(judged.about.clone()))
            .node(match judged.shown.history.ops.is_empty() {
                true => Html::default(),
                false => part::<Sheet>("", sheet),
            })
            .child(pair)
    }

    fn lattice(self: &Rc<Self>, kept: &Kept) -> Tag {
        let look = Look {
            ladder: kept.more.as_ref().map(|more| &more.ladder),
            unknown: "…",
            waits: false,
            pressed: match kept.chosen {
                Chosen::Model(level) => Some(level),
                _ => None,
            },
            op: match kept.chosen {
                Chosen::Op(op) => Some(op),
                _ => None,
            },
        };
        let check = Rc::clone(self);
        let chosen: Rc<dyn Fn(Level)> = Rc::new(move |level| check.choose(Chosen::Model(level)));
        lattice::lattice(&look, &chosen)
    }

    /// What is said beside the lattice: of the model that is selected, of convergence, of what went wrong.
    fn told(self: &Rc<Self>, kept: &Kept, more: &More) -> Vec<Tag> {
        let level = kept.told.unwrap_or_else(|| lattice::first(&more.ladder));
        let mut all = vec![self.about(kept, more, level)];
        let convergence = &more.ladder.convergence;
        let converged = match convergence.stands {
            Stands::Yes => "Yes: whoever read after the last change was told the same.",
            _ => "",
        };
        let line = self.sentence(kept, Chosen::Convergence, "", convergence, converged);
        all.push(entry("Do readers agree in the end?", vec![line]));
        if !more.wrongs.is_empty() {
            let lines = more.wrongs.iter().enumerate();
            let lines = lines.map(|(place, (name, wrong))| {
                self.sentence(kept, Chosen::Wrong(place), name, wrong, "")
            });
            all.push(entry("What went wrong", lines.collect()));
        }
        all
    }

    fn about(self: &Rc<Self>, kept: &Kept, more: &More, level: Level) -> Tag {
        let Some(found) = more.ladder.rungs.get(level as usize) else {
            return div("");
        };
        let (name, promise) = lattice::promise(level);
        let yes = "It holds for this history.";
        let line = self.sentence(kept, Chosen::Model(level), "", found, yes);
        entry(name, vec![promise, line])
    }

    /// A sentence, which selects the operations that it names.
    fn sentence(
        self: &Rc<Self>,
        kept: &Kept,
        which: Chosen,
        name: &str,
        found: &Finding,
        yes: &'static str,
    ) -> Tag {
        let class = lattice::class(found.stands);
        let name = match name {
            "" => None,
            name => Some(tag("b").says(format!("{}. ", capital(name)))),
        };
        let words = match found.words.is_empty() {
            true => yes.to_owned(),
            // A client's name stays as it is.
            false if found.stands.is_open() || found.words.starts_with("process ") => {
                let words = capital(&found.words);
                match words.ends_with('.') {
                    true => words,
                    false => words + ".",
                }
            }
            false => found.words.clone(),
        };
        if found.ops.is_empty() {
            return p("").classes(&["ck-said", class]).maybe(name).says(words);
        }
        let is_kin = matches!(kept.chosen, Chosen::Op(op) if found.ops.contains(&op));
        let is_on = kept.chosen == which;
        let check = Rc::clone(self);
        button("")
            .classes(&["ck-said", class, ui::when(is_kin, "is-kin")])
            .state("aria-pressed", is_on)
            .clicked(move || check.choose(which))
            .maybe(name)
            .says(words)
    }
}

/// How far the models are judged that are weaker than linearizable.
fn weaker(kept: &Kept) -> String {
    let (which, name) = &kept.weaker;
    let words = match which {
        0 => "The weaker models are judged next.",
        _ => "The weaker models are being judged: {name}, {which} of {all}…",
    };
    let number = |number: usize| Part::Number(number as i64);
    let parts = [
        ("name", Part::Text(name)),
        ("which", number(*which as usize)),
        ("all", number(Level::NAMES.len() - 1)),
    ];
    fill(words, &parts)
}

/// A term and what is said of it.
fn entry(term: &'static str, said: Vec<Tag>) -> Tag {
    div("la-entry").child(tag("h2").text(term)).each(said)
}

/// The operations that are selected.
fn ops(kept: &Kept) -> Vec<u32> {
    let of = |found: Option<&Finding>| found.map_or_else(Vec::new, |found| found.ops.clone());
    match (&kept.more, kept.chosen) {
        (_, Chosen::Op(op)) => vec![op],
        (Some(more), Chosen::Model(level)) => of(more.ladder.rungs.get(level as usize)),
        (Some(more), Chosen::Wrong(place)) => of(more.wrongs.get(place).map(|(_, found)| found)),
        (Some(more), Chosen::Convergence) => of(Some(&more.ladder.convergence)),
        _ => Vec::new(),
    }
}

impl Judged {
    fn of(found: Found) -> Self {
        let laid = Laid::of(&found.history, &found.order, &found.blamed);
        let hint = match found.stands {
            _ if found.history.ops.is_empty() => "There is nothing to draw.",
            Stands::No => {
                "The operations with ✕ contradict one another. Select one to see what it was."
            }
            Stands::Yes => {
                "The numbers are an order that explains every answer. Select an operation to see what it was."
            }
            Stands::Open | Stands::Beyond => "Select an operation to see what it was.",
        };
        let note = match laid.axis.is_time() {
            true => "",
            false => " The source knew no moments: the axis counts its events.",
        };
        Self {
            shown: Rc::new(Shown {
                history: Rc::new(found.history),
                laid,
                hint: hint.into(),
                legend: LEGEND,
                note,
            }),
            about: found.about,
            stands: found.stands,
            words: found.words,
        }
    }
}

/// The one line that is read out: how far it is, or the verdict.
fn status(kept: &Kept) -> Tag {
    let (class, head, words): (&'static str, &'static str, String) =
        match (&kept.step, &kept.judged) {
            (Step::Judged, Some(judged)) => verdict(judged),
            (Step::Refused(line, words, _), _) => {
                let words = match line {
                    0 => format!(" {words}."),
                    _ => format!(" line {line}, {words}."),
                };
                ("ck-status no", "This cannot be read:", words)
            }
            (Step::Stopped(words), _) => ("ck-status stale", "", words.clone()),
            (Step::Reading, _) => ("ck-status", "", "Reading…".to_owned()),
            (Step::Order(count), _) => {
                let words = format!(
                    "Looking for one order of {count} operations that explains every answer…"
                );
                ("ck-status", "", words)
            }
            _ => ("ck-status", "", "Nothing has been judged yet.".to_owned()),
        };
    let go = match &kept.step {
        // The page's script knows where the text is.
        Step::Refused(line, _, true) if *line > 0 => Some(
            button("ck-go")
                .has("data-line", line.to_string())
                .says(format!("Go to line {line}")),
        ),
        _ => None,
    };
    // Told by the second, so not read out.
    let waited = matches!(kept.step, Step::Order(_)) && kept.waited > 0;
    let waited = waited.then(|| {
        let words = match kept.far {
            0 => format!("{} s so far", kept.waited),
            far => format!("{} s so far, {far} answers explained", kept.waited),
        };
        span("").is("aria-hidden", "true").says(words)
    });
    div("ck-line")
        .child(
            p(class)
                .is("role", "status")
                .child(tag("b").text(head))
                .child(span("").says(words)),
        )
        .maybe(waited)
        .maybe(go)
}

fn verdict(judged: &Judged) -> (&'static str, &'static str, String) {
    match judged.stands {
        Stands::Yes if judged.shown.history.ops.is_empty() => {
            ("ck-status ok", "Linearizable:", " the history is empty.".to_owned())
        }
        Stands::Yes => (
            "ck-status ok",
            "Linearizable.",
            " One order of all operations, each at an instant while it was under way, explains every answer.".to_owned(),
        ),
        Stands::No => ("ck-status no", "Not linearizable:", format!(" {}", judged.words)),
        Stands::Open | Stands::Beyond => {
            let why = judged.words.strip_prefix("not decided").unwrap_or_default();
            ("ck-status stale", "Not decided", format!("{why}."))
        }
    }
}
