//! Prints the JSON schema of a row of `trials.jsonl`: the content of `schema/trial.schema.json`.

fn main() {
    println!("{:#}", record::sample::Sample::json_schema());
}
