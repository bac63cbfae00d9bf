//! Prints the JSON schema of the outcome document, as in `schema/outcome.schema.json`.

fn main() {
    println!("{:#}", loadgen::Outcome::json_schema());
}
