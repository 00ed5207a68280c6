//! Packs the shipped catalogue for the program to carry: listApis' answer in, the same compressed out. Tells the tests
//! whether other people's clients are there to be driven.

use std::error::Error;
use std::fs::File;
use std::io::copy;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const CATALOGUE: &str = "src/cloud/cloudstack/listapis-4.11.json";

/// What tests/interop/install.sh is given, touches when it is done, and leaves a copy of.
const CLIENTS: &str = "tests/interop/requirements.txt";

fn main() -> Result<(), Box<dyn Error>> {
    pack_catalogue()?;
    println!("cargo::rustc-check-cfg=cfg(interop)");
    println!("cargo::rerun-if-changed={CLIENTS}");
    if Path::new("target/interop/requirements.txt").exists() {
        println!("cargo::rustc-cfg=interop");
    }
    Ok(())
}

fn pack_catalogue() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    let packed = Path::new(&std::env::var("OUT_DIR")?).join("listapis.json.gz");
    let mut encoder = GzEncoder::new(File::create(packed)?, Compression::best());
    copy(&mut File::open(CATALOGUE)?, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}
