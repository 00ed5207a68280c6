//! Packs the shipped catalogue for the program to carry: listApis' answer in, the same compressed out.

use std::error::Error;
use std::fs::File;
use std::io::copy;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const CATALOGUE: &str = "src/cloud/cloudstack/listapis-4.11.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    let packed = Path::new(&std::env::var("OUT_DIR")?).join("listapis.json.gz");
    let mut encoder = GzEncoder::new(File::create(packed)?, Compression::best());
    copy(&mut File::open(CATALOGUE)?, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}
