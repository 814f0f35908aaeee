//! The browser app of Madang.

fn main() {
    madang_app::start();
}
