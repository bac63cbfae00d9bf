//! Prints the JSON schema of a row: of `trials.jsonl`, or with the argument `slice` of `slices.jsonl`. The folder `schema`
//! holds a copy of each.

fn main() {
    let wants_slice = std::env::args().nth(1).is_some_and(|row| row == "slice");
    let schema = if wants_slice {
        record::slice::Slice::json_schema()
    } else {
        record::sample::Sample::json_schema()
    };
    println!("{schema:#}");
}
