//! Prints the JSON schema of `summary.json`: what stands in `schema/summary.schema.json`.

fn main() {
    println!("{:#}", report::data::Document::json_schema());
}
