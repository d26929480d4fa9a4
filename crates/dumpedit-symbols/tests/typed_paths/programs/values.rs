#![allow(dead_code)]

pub mod inner {
    pub static COUNTER: i32 = 5;
    pub struct Deep {
        pub number: u16,
    }
    #[used]
    pub static DEEP: Deep = Deep { number: 9 };
}

pub struct Point {
    pub x: i32,
    pub y: i64,
}
pub struct Pair(pub u8, pub f32);
pub struct Unit;
#[derive(Clone, Copy)]
pub enum Color {
    Red,
    Green = 7,
}
pub enum Shape {
    Empty,
    Circle(f64),
    Named { width: u32, height: u32 },
}
pub struct Node {
    pub next: Option<&'static Node>,
    pub value: i32,
}
pub union Either {
    pub i: u32,
    pub f: f32,
}
pub struct Generic<T> {
    pub value: T,
}

#[used] pub static NUMBER: i32 = -3;
#[used] pub static BYTE: u8 = 200;
#[used] pub static SIGNED: i8 = -5;
#[used] pub static BIG: u128 = 1 << 100;
#[used] pub static FLOAT: f64 = 1.25;
#[used] pub static TRUTH: bool = true;
#[used] pub static LETTER: char = 'a';
#[used] pub static TEXT: &str = "hello \"rust\"\n";
#[used] pub static POINT: Point = Point { x: 1, y: -2 };
#[used] pub static PAIR: Pair = Pair(3, 1.5);
#[used] pub static TUPLE: (i32, bool, u8) = (1, true, 7);
#[used] pub static UNIT: Unit = Unit;
#[used] pub static COLOR: Color = Color::Green;
#[used] pub static EMPTY: Shape = Shape::Empty;
#[used] pub static CIRCLE: Shape = Shape::Circle(2.5);
#[used] pub static NAMED: Shape = Shape::Named { width: 3, height: 4 };
#[used] pub static SOME: Option<i32> = Some(6);
#[used] pub static NONE: Option<i32> = None;
#[used] pub static LAST: Node = Node { next: None, value: 2 };
#[used] pub static FIRST: Node = Node { next: Some(&LAST), value: 1 };
#[used] pub static NUMBERS: [i32; 4] = [1, 2, 3, 4];
#[used] pub static BYTES: [u8; 5] = *b"bytes";
#[used] pub static ZEROS: [u16; 30] = [0; 30];
#[used] pub static SLICE: &[i32] = &[10, 20, 30];
#[used] pub static REFERENCE: &i32 = &NUMBER;
#[used] pub static NESTED: Generic<Generic<(u8, u16)>> = Generic { value: Generic { value: (1, 2) } };
#[used] pub static EITHER: Either = Either { i: 0x3f800000 };
#[used] pub static TEXTS: [&str; 2] = ["one", "two"];
#[used] pub static RESULT: Result<u8, &str> = Err("bad");
#[used] pub static FUNCTION: fn(i32) -> i32 = twice;
#[used] pub static MATRIX: [[u8; 2]; 2] = [[1, 2], [3, 4]];
#[used] pub static CHARS: [char; 2] = ['x', '\n'];
#[used] pub static ORDER: Option<core::cmp::Ordering> = Some(core::cmp::Ordering::Less);
pub static mut MUTABLE: u32 = 11;

fn twice(n: i32) -> i32 {
    static CALLS: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(12);
    CALLS.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    n * 2
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn stops_here() {
    core::hint::black_box(());
}

fn main() {
    unsafe { MUTABLE += twice(1) as u32 + inner::COUNTER as u32 };
    stops_here();
}
