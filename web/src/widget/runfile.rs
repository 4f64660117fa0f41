//! The run as a file: its link in TOML, with a few words for whoever opens the file.

use std::fmt::Write;

use sim_core::scenario;
use sim_core::share::{self, Link, ShareError};
use sim_core::words;

/// The file. Only the link counts; the rest are comments. A file edited by hand is opened with the command line.
pub fn write(link: &Link) -> Result<String, ShareError> {
    let encoded = share::encode_for_file(link)?;
    let run = &link.run;
    let names = run.scenario.names();
    let names = scenario::names(&names, &run.scenario);
    let mut file = String::from("# A run of Netsplit. Open it with: netsplit replay FILE\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        file,
        "# {}, seed {}, at {}",
        one_line(&run.scenario.title),
        run.seed,
        link.at
    );
    for timed in &run.actions {
        let words = words::action(&timed.action, &names);
        let _ = writeln!(file, "# {}: {}", timed.at, one_line(&words));
    }
    let _ = writeln!(file, "link = \"{encoded}\"");
    Ok(file)
}

fn one_line(words: &str) -> String {
    words
        .chars()
        .filter(|letter| !letter.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::action::Action;
    use sim_core::run::Run;
    use sim_core::units::{Endpoint, Micros};

    #[test]
    fn the_link_in_the_file_is_the_run() {
        let mut scenario = sim_core::catalogue::find("bank-two").expect("in the catalogue");
        scenario.title = "Two\nlink = \"x\"".to_owned();
        scenario.id.clear();
        let at = Micros::from_ms(300);
        let run = Run::new(scenario, 7).fork(at, Action::Kill(Endpoint(0)));
        let link = Link { run, at, digest: 0 };
        let file = write(&link).expect("it fits");
        let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), 1, "{file}");
        let inside = lines[0]
            .trim_start_matches("link = \"")
            .trim_end_matches('"');
        assert_eq!(share::decode_from_file(inside), Ok(link));
        assert!(file.contains("# 300 ms: North crashes"), "{file}");
    }
}
