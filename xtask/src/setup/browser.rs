//! Chromium or Chrome, and the driver that the WebAssembly tests need.

use std::path::PathBuf;

use crate::sh;

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

const USUAL_PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/// Programs that were found.
pub struct Browser {
    /// Chromium or Chrome.
    pub chrome: PathBuf,
    /// The driver of the same version.
    pub driver: PathBuf,
}

/// Debian's packages for what is not there. None where apt-get is not the way.
pub fn missing_packages() -> Vec<&'static str> {
    let mut packages = Vec::new();
    if chrome().is_none() {
        packages.push("chromium");
    }
    if driver().is_none() {
        packages.push("chromium-driver");
    }
    packages
}

/// Both, or one line with the way out.
pub fn find() -> Result<Browser, String> {
    match (chrome(), driver()) {
        (Some(chrome), Some(driver)) => Ok(Browser { chrome, driver }),
        (None, _) => Err(
            "no Chromium or Chrome; the way out: `sudo apt-get install chromium \
             chromium-driver`, or install Chrome, or name it in NETSPLIT_CHROME"
                .to_owned(),
        ),
        (_, None) => Err(
            "no chromedriver; the way out: `sudo apt-get install chromium-driver`, \
             `brew install --cask chromedriver`, or name it in CHROMEDRIVER"
                .to_owned(),
        ),
    }
}

fn chrome() -> Option<PathBuf> {
    named_by("NETSPLIT_CHROME")
        .or_else(|| sh::find(&NAMES))
        .or_else(|| {
            let mut usual = USUAL_PLACES.iter().map(PathBuf::from);
            usual.find(|place| place.is_file())
        })
}

fn driver() -> Option<PathBuf> {
    named_by("CHROMEDRIVER").or_else(|| sh::find(&["chromedriver"]))
}

fn named_by(variable: &str) -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os(variable)?);
    file.is_file().then_some(file)
}
