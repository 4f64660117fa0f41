//! In a worker: reads a history, judges it, and says how far it is.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Uint8Array};
use sim_core::check::domain;
use sim_core::check::explain::explain;
use sim_core::check::history::{Ended, History};
use sim_core::check::ladder::{Finding, Ladder, Level, Stands};
use sim_core::check::linearizable::{self, Answer, Question};
use sim_core::check::model::ModelKind;
use sim_core::check::pace::{Pace, telling};
use sim_core::check::search::Limits;
use sim_core::check::sights;
use sim_core::foreign::{self, Format};
use wasm_bindgen::JsValue;

use super::packet::{Found, More, Walk, packed};

/// What a worker says, as the page hears it: a word, a number and a sentence, with tabs between them.
pub mod word {
    /// It reads.
    pub const READING: &str = "reading";
    /// It looks for an order, of so many operations; and how many answers are explained by then.
    pub const ORDER: &str = "order";
    /// It judges one of the weaker models: which one that is among them, and its name.
    pub const MODEL: &str = "model";
    /// It is no history, on this line, for this reason. The last word.
    pub const REFUSED: &str = "refused";
}

/// What it says in bytes, of which the first says what they are: whether there is an order, with the history.
pub const FOUND: u8 = 0;
/// What was found out besides. The last word.
pub const MORE: u8 = 1;

/// Reads and judges what was asked, `[bytes, format, model, initial]`, and tells.
pub fn judge(asked: &Array, told: &Function) {
    let say = |what: JsValue| {
        // If nobody listens any more, then nobody needs to hear.
        let _ = told.call1(&JsValue::UNDEFINED, &what);
    };
    let text = |place: u32| asked.get(place).as_string().unwrap_or_default();
    say(word::READING.into());
    let bytes = Uint8Array::new(&asked.get(0)).to_vec();
    let asked = Asked {
        format: Format::of(&text(1)),
        model: ModelKind::of(&text(2)),
        initial: text(3),
    };
    let opened = match Opened::of(&bytes, &asked) {
        Ok(opened) => opened,
        Err((line, words)) => return say(format!("{}\t{line}\t{words}", word::REFUSED).into()),
    };
    drop(bytes);
    let limits = Limits::default();
    let count = opened.history.ops.len();
    let far = |far: u32| say(format!("{}\t{count}\t{far}", word::ORDER).into());
    far(0);
    let (first, found) = opened.found(&limits, far);
    let found = packed(FOUND, found);
    say(Uint8Array::from(&found[..]).into());
    let mut walk = Walk::write(MORE);
    walk.more(&mut opened.more(first, &limits, |level| {
        say(format!("{}\t{}\t{}", word::MODEL, level as u8, level.name()).into());
    }));
    let more = walk.into_bytes();
    say(Uint8Array::from(&more[..]).into());
}

/// How a history is to be read and judged; what is not said is seen from the content.
#[derive(Default)]
struct Asked {
    format: Option<Format>,
    model: Option<ModelKind>,
    initial: String,
}

/// A history that can be judged.
struct Opened {
    history: History,
    format: Option<Format>,
    kind: ModelKind,
    initial: sim_core::check::history::Value,
}

impl Opened {
    /// Reads it, or says on which line it is no history, and why. Line 0: it is what the store is said to have held.
    fn of(bytes: &[u8], asked: &Asked) -> Result<Self, (u32, String)> {
        let read = foreign::read(bytes, asked.format).map_err(|why| (why.line, why.words))?;
        let mut history = read.history;
        let kind =
            foreign::model_of(&mut history, asked.model).map_err(|why| (why.line, why.words))?;
        let initial = match asked.initial.trim() {
            "" => None,
            text => Some(text),
        };
        let initial = foreign::opening(&mut history, kind, initial).map_err(|words| (0, words))?;
        Ok(Self {
            history,
            format: read.format,
            kind,
            initial,
        })
    }

    fn question(&self) -> Question<'_> {
        Question::whole(&self.history, self.kind, self.initial)
    }

    /// Whether it is linearizable, for the ladder and for the page. Says now and then how many answers are explained.
    fn found(&self, limits: &Limits, say: impl Fn(u32)) -> (Finding, Found) {
        let question = self.question();
        let (far, mut rests) = (Rc::<Cell<u32>>::default(), 0);
        let pace = Pace::new(|| true);
        let work = linearizable::check_telling(&question, limits, pace, Rc::clone(&far));
        let answer = telling(work, || {
            rests += 1;
            if rests % RESTS_A_WORD == 0 {
                say(far.get());
            }
        });
        let told = match &answer {
            Answer::No(ops) => Some(explain(&question, ops, limits)),
            _ => None,
        };
        let first = Finding::of(&answer, told.as_ref());
        let mut found = Found {
            history: self.history.clone(),
            about: self.about(),
            words: first.words.clone(),
            blamed: first.ops.clone(),
            ..Found::default()
        };
        match answer {
            Answer::Yes(order) => (found.stands, found.order) = (Stands::Yes, order),
            Answer::Undecided(_) => {}
            Answer::No(_) => found.stands = Stands::No,
        }
        (first, found)
    }

    /// What else there is to say. Says of each weaker model that it is judged next.
    fn more(&self, first: Finding, limits: &Limits, say: impl Fn(Level)) -> More {
        let question = self.question();
        let known = sights::sights(&question);
        let ladder = Ladder::under(first, &question, &known, limits, &say);
        let wrongs = domain::findings(&question).into_iter().map(|found| {
            let finding = Finding {
                stands: Stands::No,
                words: found.words,
                ops: found.ops,
            };
            (found.name.replace('-', " "), finding)
        });
        More {
            ladder,
            wrongs: wrongs.collect(),
        }
    }

    /// What it was read as and judged as.
    fn about(&self) -> String {
        let ops = &self.history.ops;
        if ops.is_empty() {
            return "No operations.".to_owned();
        }
        let unknown = ops.iter().filter(|op| op.outcome == Ended::Unknown).count();
        let mut about = format!(
            "{} of {}",
            counted(ops.len(), "operation"),
            counted(self.history.clients.len(), "client")
        );
        if unknown > 0 {
            about.push_str(&format!(", {unknown} of them never answered"));
        }
        let format = self.format.map_or("nothing", Format::name);
        about + &format!(". Read as {format}, judged as {}.", self.kind.name())
    }
}

/// A search rests every few steps; so many rests are a few tenths of a second.
const RESTS_A_WORD: u32 = 20_000;

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn open(text: &str, asked: &Asked) -> Result<Opened, (u32, String)> {
        Opened::of(text.as_bytes(), asked)
    }

    const STALE: &str = "{:process 0, :type :invoke, :f :write, :value 3}
{:process 0, :type :ok, :f :write, :value 3}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value nil}
";

    #[test]
    fn a_history_is_read_and_judged_with_all_that_there_is_to_say() {
        let opened = open(STALE, &Asked::default()).unwrap_or_else(|why| panic!("{why:?}"));
        let (first, found) = opened.found(&Limits::default(), |_| ());
        assert_eq!((found.stands, found.blamed), (Stands::No, vec![0, 1]));
        assert!(
            found
                .about
                .starts_with("2 operations of 2 clients. Read as edn, judged as register.")
        );
        let heard = RefCell::new(Vec::new());
        let more = opened.more(first, &Limits::default(), |level| {
            heard.borrow_mut().push(level.name());
        });
        let names = Level::NAMES.map(|(name, _)| name);
        assert_eq!(heard.into_inner(), names[1..]);
        assert_eq!(more.ladder.rungs[0].stands, Stands::No);
        assert_eq!(more.ladder.strongest().next(), Some(Level::Sequential));
    }

    #[test]
    fn what_the_store_held_before_can_be_said() {
        let held = Asked {
            initial: "7".to_owned(),
            ..Asked::default()
        };
        let opened = open(&STALE.replace("nil}\n", "7}\n"), &held);
        assert!(
            opened.is_ok_and(|opened| opened.initial == sim_core::check::history::Value::Int(7))
        );
    }

    #[test]
    fn what_a_store_cannot_have_held_is_told() {
        let held = Asked {
            initial: "[1 2]".to_owned(),
            ..Asked::default()
        };
        let (line, words) = open(STALE, &held).err().unwrap_or_default();
        assert_eq!(line, 0);
        assert!(words.ends_with("one value, found [1, 2]"), "{words}");
    }

    #[test]
    fn an_empty_history_is_said_to_be_empty() {
        let opened = open("", &Asked::default());
        assert!(opened.is_ok_and(|opened| opened.about() == "No operations."));
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_line() {
        let bank = Asked {
            model: Some(ModelKind::Bank),
            ..Asked::default()
        };
        let refused = |text: &str, asked: &Asked| open(text, asked).err().unwrap_or_default();
        let (line, words) = refused(STALE, &bank);
        assert_eq!(line, 1);
        assert!(
            words.contains("the model bank") && words.ends_with("found write"),
            "{words}"
        );
        let mixed = STALE.replace(":f :read", ":f :enqueue");
        let (line, words) = refused(&mixed, &Asked::default());
        assert_eq!(line, 3);
        assert!(words.contains("found enqueue"), "{words}");
        assert_eq!(refused("{:process 0", &Asked::default()).0, 1);
        assert!(open("", &Asked::default()).is_ok());
    }
}
