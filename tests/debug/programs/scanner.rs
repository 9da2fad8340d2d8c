// A scanner and an evaluator of expressions: iterators, closures, results and recursion. The tests know the line numbers.
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(char),
}

#[derive(Debug)]
enum Failure {
    Unknown(char),
    Unbound(String),
    Incomplete,
}

#[inline(never)]
fn scan(text: &str) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' => at += 1,
            b'0'..=b'9' => {
                let mut value = 0u32;
                while at < bytes.len() && bytes[at].is_ascii_digit() {
                    let digit = u32::from(bytes[at] - b'0');
                    value = value * 10 + digit;
                    at += 1;
                }
                tokens.push(Token::Number(f64::from(value)));
            }
            b'a'..=b'z' => {
                while at < bytes.len() && bytes[at].is_ascii_lowercase() {
                    at += 1;
                }
                tokens.push(Token::Name(text[start..at].to_owned()));
            }
            sign @ (b'+' | b'-' | b'*' | b'/' | b'(' | b')') => {
                tokens.push(Token::Sign(sign as char));
                at += 1;
            }
            other => return Err(Failure::Unknown(other as char)),
        }
    }
    Ok(tokens)
}

struct Evaluator<'t> {
    tokens: &'t [Token],
    at: usize,
    names: &'t HashMap<String, f64>,
    depth: u32,
}

impl Evaluator<'_> {
    #[inline(never)]
    fn sum(&mut self) -> Result<f64, Failure> {
        let mut total = self.product()?;
        while let Some(Token::Sign(sign @ ('+' | '-'))) = self.tokens.get(self.at) {
            self.at += 1;
            let term = self.product()?;
            let signed = if *sign == '+' { term } else { -term };
            total += signed;
        }
        Ok(total)
    }

    fn product(&mut self) -> Result<f64, Failure> {
        let mut total = self.factor()?;
        while let Some(Token::Sign(sign @ ('*' | '/'))) = self.tokens.get(self.at) {
            self.at += 1;
            let factor = self.factor()?;
            if *sign == '*' {
                total *= factor;
            } else {
                total /= factor;
            }
        }
        Ok(total)
    }

    fn factor(&mut self) -> Result<f64, Failure> {
        let token = self.tokens.get(self.at).ok_or(Failure::Incomplete)?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(*number),
            Token::Name(name) => self.names.get(name).copied().ok_or_else(|| Failure::Unbound(name.clone())),
            Token::Sign('(') => {
                self.depth += 1;
                let inner = self.sum()?;
                self.depth -= 1;
                self.at += 1;
                Ok(inner)
            }
            Token::Sign(_) => Err(Failure::Incomplete),
        }
    }
}

#[inline(never)]
fn checksum(values: &[f64]) -> u64 {
    let mut state = 17u64;
    for (position, value) in values.iter().enumerate() {
        let bits = value.to_bits();
        let turned = bits.rotate_left(position as u32);
        state = state.wrapping_mul(31).wrapping_add(turned);
    }
    state
}

fn main() {
    let mut names = HashMap::new();
    for (position, name) in ["width", "height"].iter().enumerate() {
        names.insert(name.to_string(), position as f64 + 2.0);
    }
    let mut values = Vec::new();
    for text in ["1 + 2 * 3", "(width + 4) * height", "7 / (3 - height)", "4 $ 2"] {
        let result = scan(text).and_then(|tokens| {
            let mut evaluator = Evaluator { tokens: &tokens, at: 0, names: &names, depth: 0 };
            evaluator.sum()
        });
        match result {
            Ok(value) => values.push(value),
            Err(failure) => println!("{text}: {failure:?}"),
        }
    }
    println!("{values:?} {:x}", checksum(&values));
}
