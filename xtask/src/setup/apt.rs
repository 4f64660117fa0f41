//! Debian's and Ubuntu's packages: installed where we may, asked for where we may not.

use crate::sh;

/// Installs `packages`, or says what the user should run. No packages, no work.
pub fn install(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = format!("apt-get install {}", packages.join(" "));
    if sh::find(&["apt-get"]).is_none() {
        return Err(format!(
            "not found and no apt-get here: {}",
            packages.join(", ")
        ));
    }
    if sh::answer(sh::command("id").arg("-u")).as_deref() != Some("0") {
        return Err(format!("run `sudo {names}`, then this again"));
    }
    super::install("apt-get update", apt().arg("update"))?;
    super::install(
        &names,
        apt()
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

fn apt() -> std::process::Command {
    let mut command = sh::command("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-q", "-o", "DPkg::Lock::Timeout=600"]);
    command
}
