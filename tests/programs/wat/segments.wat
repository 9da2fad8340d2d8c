;; Active segments in order, one over another, up to the last byte; passive ones used and dropped.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  
  (memory (export "memory") 1)
  (data (i32.const 100) "AAAA")
  (data (offset (i32.add (i32.const 99) (i32.const 1))) "B")
  (data (i32.const 65535) "Z")
  (data (i32.const 65536) "")
  (data $passive "0123456789")
  (func (export "_start")
    (if (i32.ne (i32.load (i32.const 100)) (i32.const 0x41414142)) (then unreachable))
    (if (i32.ne (i32.load8_u (i32.const 65535)) (i32.const 0x5a)) (then unreachable))
    (memory.init $passive (i32.const 200) (i32.const 4) (i32.const 6))
    (if (i32.ne (i32.load (i32.const 200)) (i32.const 0x37363534)) (then unreachable))
    (data.drop $passive)
    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 0))
    (data.drop $passive)
    (call $exit (i32.load8_u (i32.const 205)))))
