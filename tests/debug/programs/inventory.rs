// Structs, enums, options, slices, strings and vectors, for debuggers to read. The tests know the line numbers.
#[derive(Debug, Clone)]
enum Kind {
    Empty,
    Fluid { litres: f64 },
    Solid(u32, i16),
}

#[derive(Debug, Clone)]
struct Item {
    name: String,
    count: u16,
    kind: Kind,
    parent: Option<Box<Item>>,
}

static LIMIT: i64 = -99;

#[inline(never)]
fn weigh(items: &[Item], label: &str, scale: Option<u32>) -> u64 {
    let mut total = 0u64;
    for item in items {
        let each = match &item.kind {
            Kind::Empty => 0,
            Kind::Fluid { litres } => *litres as u64,
            Kind::Solid(grams, _) => u64::from(*grams),
        };
        total += each * u64::from(item.count);
    }
    println!("{label}: {total} {scale:?}");
    total
}

fn main() {
    let root = Item { name: "root".to_string(), count: 1, kind: Kind::Empty, parent: None };
    let items = vec![
        Item { name: "water".to_string(), count: 3, kind: Kind::Fluid { litres: 2.5 }, parent: None },
        Item { name: "brick".to_string(), count: 2, kind: Kind::Solid(1500, -7), parent: Some(Box::new(root)) },
    ];
    let pair = (items.len(), 'x');
    let total = weigh(&items, "weight", Some(pair.0 as u32));
    assert!(total as i64 > LIMIT);
}
