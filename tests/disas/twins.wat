;;! emit: asm
;;! functions: last length
;; Following a linked list: the loaded pointer is used as an address without a zero extension between.
(module
  (memory 1)
  (func $last (export "last") (param $node i32) (result i32) (local $next i32)
    (loop $again
      (local.set $next (i32.load (local.get $node)))
      (if (local.get $next)
        (then (local.set $node (local.get $next)) (br $again))))
    (local.get $node))
  (func $length (export "length") (param $node i32) (result i32) (local $count i32)
    (loop $again
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (local.tee $node (i32.load offset=4 (local.get $node)))))
    (local.get $count)))
