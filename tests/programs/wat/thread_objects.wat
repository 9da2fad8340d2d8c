(module
  ;; Each thread has objects of its own: in globals, tables, element segments, exceptions and on its stack, all of which
  ;; move as often as its heap is full.
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))
  (type $node (struct (field $number i32) (field $next (mut (ref null $node)))))
  (type $nodes (array (mut (ref null $node))))
  (tag $found (param (ref $node)))
  (global $kept (mut (ref $node)) (struct.new $node (i32.const 7) (ref.null $node)))
  (table $table 4 8 (ref null $node))
  (elem $segment (ref null $node) (item (struct.new $node (i32.const 11) (ref.null $node))) (item (ref.null $node)))

  ;; A list of the numbers from $count down to 1, each with $id added; every second node is garbage.
  (func $list (param $id i32) (param $count i32) (result (ref null $node)) (local $list (ref null $node)) (local $i i32)
    (loop $more
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (drop (struct.new $node (i32.const -1) (local.get $list)))
      (local.set $list (struct.new $node (i32.add (local.get $i) (local.get $id)) (local.get $list)))
      (br_if $more (i32.lt_u (local.get $i) (local.get $count))))
    (local.get $list))

  (func $check (param $id i32) (param $count i32) (param $list (ref null $node))
    (loop $more
      (if (ref.is_null (local.get $list))
        (then (if (local.get $count) (then (unreachable))) (return)))
      (if (i32.ne (struct.get $node $number (local.get $list)) (i32.add (local.get $count) (local.get $id)))
        (then (unreachable)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (local.set $list (struct.get $node $next (local.get $list)))
      (br $more)))

  ;; An exception kept as an object while the heap is used, and thrown again.
  (func $exception (param $id i32) (local $kept exnref)
    (block $first (result (ref $node) exnref)
      (try_table (catch_ref $found $first)
        (throw $found (struct.new $node (local.get $id) (ref.null $node))))
      (unreachable))
    (local.set $kept) (drop)
    (drop (call $list (local.get $id) (i32.const 2000)))
    (block $second (result (ref $node))
      (try_table (catch $found $second) (throw_ref (local.get $kept)))
      (unreachable))
    (if (i32.ne (struct.get $node $number) (local.get $id)) (then (unreachable))))

  (func $work (param $id i32) (local $i i32) (local $list (ref null $node)) (local $array (ref $nodes))
    (global.set $kept (struct.new $node (local.get $id) (global.get $kept)))
    (table.init $table $segment (i32.const 0) (i32.const 0) (i32.const 2))
    (table.set $table (i32.const 2) (global.get $kept))
    (drop (table.grow $table (ref.null $node) (i32.const 2)))
    (table.set $table (i32.const 5) (call $list (local.get $id) (i32.const 100)))
    (local.set $list (call $list (local.get $id) (i32.const 30000)))
    (local.set $array (array.new $nodes (local.get $list) (i32.const 5000)))
    (loop $again
      (call $check (local.get $id) (i32.const 3000) (call $list (local.get $id) (i32.const 3000)))
      (call $exception (local.get $id))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 60))))
    (call $check (local.get $id) (i32.const 30000) (local.get $list))
    (call $check (local.get $id) (i32.const 30000) (array.get $nodes (local.get $array) (i32.const 4999)))
    (call $check (local.get $id) (i32.const 100) (table.get $table (i32.const 5)))
    (if (i32.eqz (ref.eq (table.get $table (i32.const 2)) (global.get $kept))) (then (unreachable)))
    (if (i32.ne (struct.get $node $number (table.get $table (i32.const 0))) (i32.const 11)) (then (unreachable)))
    ;; The segment's object is still there.
    (table.init $table $segment (i32.const 3) (i32.const 0) (i32.const 1))
    (if (i32.eqz (ref.eq (table.get $table (i32.const 3)) (table.get $table (i32.const 0)))) (then (unreachable)))
    (if (i32.ne (struct.get $node $number (struct.get $node $next (global.get $kept))) (i32.const 7))
      (then (unreachable))))

  (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
    (call $work (i32.mul (local.get $id) (i32.const 100000)))
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))

  (func $wait_for (param $count i32) (local $seen i32)
    (loop $again
      (if (i32.lt_u (local.tee $seen (i32.atomic.load (i32.const 0))) (local.get $count)) (then
        (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const -1)))
        (br $again)))))

  ;; Two rounds: the second's threads take the places of the first's.
  (func (export "_start") (local $i i32)
    (loop $more
      (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then (unreachable)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (call $work (i32.const 0))
    (call $wait_for (i32.const 4))
    (loop $more
      (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then (unreachable)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 12))))
    (call $wait_for (i32.const 12))))
