//! Archives: members are linked where they are needed; COMDAT groups and weak symbols.

use super::*;

/// Makes an archive of objects.
fn archive(shop: &Workshop, name: &str, operation: &str, members: &[&str]) -> Vec<u8> {
    let path = shop.path(name);
    succeed(Command::new("ar").current_dir(shop.directory.path()).arg(operation).arg(&path).args(members));
    fs::read(path).unwrap()
}

/// Links the start code, `main` and an archive; returns the program's path.
fn linked(shop: &Workshop, main: &[u8], archives: &[(&str, &[u8])]) -> PathBuf {
    let start = shop.start();
    let bytes = link(&[("start.o", &start), ("main.o", main)], archives, &OPTIONS).unwrap();
    let path = shop.executable("program", &bytes);
    check_readelf(&path);
    path
}

fn exit_code(path: &Path) -> Option<i32> {
    Command::new(path).status().unwrap().code()
}

#[test]
fn members_are_linked_by_chains_of_references() {
    let shop = Workshop::new();
    shop.object("one.c", "int two(void); int one(void) { return two() + 1; }");
    shop.object("two.c", "int three(void); int two(void) { return three() + 1; } int two_unused(void) { return 1; }");
    shop.object("three.c", "int three(void) { return 40; }");
    shop.object("never.c", "int missing(void); int never(void) { return missing(); }");
    let main = shop.object("main.c", "int one(void); int main(void) { return one(); }");
    // Against the order of the references, with an index and without.
    for operation in ["rcs", "rcS"] {
        let _ = fs::remove_file(shop.path("lib.a"));
        let lib = archive(&shop, "lib.a", operation, &["never.c.o", "three.c.o", "two.c.o", "one.c.o"]);
        let path = linked(&shop, &main, &[("lib.a", &lib)]);
        assert_eq!(exit_code(&path), Some(42), "{operation}");
        let names = symbols(&path);
        assert!(names.iter().any(|name| name == "T three"));
        assert!(!names.iter().any(|name| name.contains("never") || name.contains("unused")), "{names:?}");
    }
}

#[test]
fn the_first_archive_that_defines_a_name_provides_it() {
    let shop = Workshop::new();
    shop.object("first.c", "int f(void) { return 1; }");
    shop.object("second.c", "int f(void) { return 2; }");
    let first = archive(&shop, "first.a", "rcs", &["first.c.o"]);
    let second = archive(&shop, "second.a", "rcs", &["second.c.o"]);
    let main = shop.object("main.c", "int f(void); int main(void) { return f(); }");
    assert_eq!(exit_code(&linked(&shop, &main, &[("first.a", &first), ("second.a", &second)])), Some(1));
    assert_eq!(exit_code(&linked(&shop, &main, &[("second.a", &second), ("first.a", &first)])), Some(2));
}

#[test]
fn a_definition_of_the_object_keeps_the_archives_out() {
    let shop = Workshop::new();
    shop.object("lib.c", "int f(void) { return 1; }");
    let lib = archive(&shop, "lib.a", "rcs", &["lib.c.o"]);
    let main = shop.object("main.c", "int f(void) { return 3; } int main(void) { return f(); }");
    assert_eq!(exit_code(&linked(&shop, &main, &[("lib.a", &lib)])), Some(3));
}

#[test]
fn a_weak_reference_links_no_member() {
    let shop = Workshop::new();
    shop.object("lib.c", "int f(void) { return 1; }");
    let lib = archive(&shop, "lib.a", "rcs", &["lib.c.o"]);
    let weak = "__attribute__((weak)) int f(void); int main(void) { return f ? f() : 5; }";
    let main = shop.object_with("main.c", weak, &["-fPIC"]);
    assert_eq!(exit_code(&linked(&shop, &main, &[("lib.a", &lib)])), Some(5));
    // But it uses one that another reference links.
    let other = shop.object("other.c", "int f(void); int g(void) { return f(); }");
    let start = shop.start();
    let objects = [("start.o", start.as_slice()), ("main.o", main.as_slice()), ("other.o", other.as_slice())];
    let bytes = link(&objects, &[("lib.a", &lib)], &OPTIONS).unwrap();
    assert_eq!(exit_code(&shop.executable("both", &bytes)), Some(1));
}

#[test]
fn a_strong_definition_overrides_a_weak_one() {
    let shop = Workshop::new();
    let weak = shop.object("weak.c", "__attribute__((weak)) int f(void) { return 1; }");
    let strong = shop.object("strong.c", "int f(void) { return 2; }");
    let main = shop.object("main.c", "int f(void); int main(void) { return f(); }");
    let output = shop.run(&[("weak.o", &weak), ("strong.o", &strong), ("main.o", &main)]);
    assert_eq!(output.status.code(), Some(2));
    let output = shop.run(&[("strong.o", &strong), ("weak.o", &weak), ("main.o", &main)]);
    assert_eq!(output.status.code(), Some(2));
    let again = shop.object("again.c", "__attribute__((weak)) int f(void) { return 3; }");
    let output = shop.run(&[("weak.o", &weak), ("again.o", &again), ("main.o", &main)]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn of_equal_comdat_groups_one_is_linked() {
    let shop = Workshop::new();
    let group = |number: u32, function: &str| {
        format!(
            ".section .text.shared,\"axG\",@progbits,shared,comdat\n.weak shared\n.type shared, @function\n\
             shared: .cfi_startproc\nlea number(%rip), %rax\nmov (%rax), %eax\nret\n.cfi_endproc\n\
             .section .rodata.shared,\"aG\",@progbits,shared,comdat\nnumber: .long {number}\n\
             .text\n.globl {function}\n{function}: jmp shared@PLT\n.section .note.GNU-stack,\"\""
        )
    };
    let (one, two) = (shop.object("one.s", &group(20, "one")), shop.object("two.s", &group(70, "two")));
    let main = shop.object("main.c", "int one(void), two(void); int main(void) { return one() + two(); }");
    let start = shop.start();
    let objects = [("start.o", start.as_slice()), ("one.o", &one), ("two.o", &two), ("main.o", &main)];
    let path = shop.executable("program", &link(&objects, &[], &OPTIONS).unwrap());
    check_readelf(&path);
    assert_eq!(exit_code(&path), Some(40));
    assert_eq!(symbols(&path).iter().filter(|name| name.ends_with(" number")).count(), 1);
    // Nobody outside may refer to the inside of a group that is not linked.
    let stray = ".section .text.shared,\"axG\",@progbits,shared,comdat\n.weak shared\nshared: ret\ninside: ret\n\
                 .text\n.globl two\ntwo: lea inside(%rip), %rax\nret\n.section .note.GNU-stack,\"\"";
    let stray = shop.object("stray.s", stray);
    let message = link_error(&[("start.o", &start), ("one.o", &one), ("stray.o", &stray), ("main.o", &main)]);
    assert!(message.contains("stray.o") && message.contains("not linked"), "{message}");
}
