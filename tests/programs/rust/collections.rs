//! Maps, sets, strings, iterators, closures, trait objects and formatting.
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt;

trait Animal {
    fn name(&self) -> String;
    fn legs(&self) -> u32 {
        4
    }
}
struct Dog;
struct Bird(&'static str);
impl Animal for Dog {
    fn name(&self) -> String {
        "dog".into()
    }
}
impl Animal for Bird {
    fn name(&self) -> String {
        format!("bird {}", self.0)
    }
    fn legs(&self) -> u32 {
        2
    }
}

struct Matrix([[f64; 2]; 2]);
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|row| writeln!(f, "|{:>8.3} {:>8.3}|", row[0], row[1]))
    }
}

/// Shortest distances in a small graph, with a heap.
fn distances(edges: &[(u32, u32, u32)], from: u32) -> BTreeMap<u32, u32> {
    let mut known = BTreeMap::new();
    let mut heap = BinaryHeap::from([(std::cmp::Reverse(0), from)]);
    while let Some((std::cmp::Reverse(distance), node)) = heap.pop() {
        if known.contains_key(&node) {
            continue;
        }
        known.insert(node, distance);
        heap.extend(
            edges.iter().filter(|edge| edge.0 == node).map(|edge| (std::cmp::Reverse(distance + edge.2), edge.1)),
        );
    }
    known
}

fn main() {
    let text = "the quick brown fox jumps over the lazy dog and the fox sleeps";
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    println!("{:?}", &sorted[..4]);

    let animals: Vec<Box<dyn Animal>> = vec![Box::new(Dog), Box::new(Bird("of prey"))];
    println!("{} legs: {}", animals.iter().map(|a| a.legs()).sum::<u32>(), animals[1].name());
    print!("{}", Matrix([[1.0, 2.5], [-3.125, f64::MAX.sqrt().log10()]]));
    println!("{:?}", distances(&[(1, 2, 7), (1, 3, 9), (1, 6, 14), (2, 3, 10), (3, 6, 2), (6, 5, 9)], 1));

    let numbers: HashSet<u64> = (0..100_000u64).map(|n| n.wrapping_mul(0x9e3779b97f4a7c15) % 65_536).collect();
    println!("{} distinct", numbers.len());
    let mut queue: VecDeque<_> = (0..10).collect();
    queue.rotate_left(3);
    println!("{queue:?}");
    println!("{:#?}", ("nested", Some([1, 2]), Err::<(), _>('x')));

    println!("{} {:?}", "žluťoučký kůň 🐎".to_uppercase(), "a\tb\u{7f}\"");
    println!("{} {} {:e}", u128::MAX, i128::MIN / 3, 6.02214076e23);
    println!("{:?} {:?}", "1e400".parse::<f64>(), "12x".parse::<i32>().map_err(|error| error.to_string()));
    println!("{:?} {}", 0.1 + 0.2, f32::MIN_POSITIVE / 3.0);
    let mut factorial = 1u128;
    let overflow = (1..).find(|&n| match factorial.checked_mul(n) {
        Some(product) => {
            factorial = product;
            false
        }
        None => true,
    });
    println!("{overflow:?} {factorial}");
}
