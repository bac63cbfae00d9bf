//! Prints the JSON schema of the result of a lesson. The folder `schema` holds a copy.

fn main() {
    println!("{:#}", course::outcome::Outcome::json_schema());
}
