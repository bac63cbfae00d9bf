//! Prints a JSON schema: of a row of `trials.jsonl`, with the argument `slice` of `slices.jsonl`, and with `check` of what
//! `echolab check --json` prints. The folder `schema` holds a copy of each.

fn main() {
    let schema = match std::env::args().nth(1).as_deref() {
        Some("slice") => record::slice::Slice::json_schema(),
        Some("check") => record::check::Check::json_schema(),
        _ => record::sample::Sample::json_schema(),
    };
    println!("{schema:#}");
}
