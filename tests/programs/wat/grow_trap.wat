;; The byte behind a memory that has grown traps, in the middle of the page as at its edge.
(module
  (memory (export "memory") 1 10)
  (func $past_the_end
    (drop (i64.load (i32.const 131065))))
  (func (export "_start")
    (drop (memory.grow (i32.const 1)))
    (drop (i64.load (i32.const 131064)))
    (call $past_the_end)))
