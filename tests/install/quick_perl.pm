# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Stands for the modules that Debian's deb-systemd-helper and deb-systemd-invoke use: they are the real ones, but to compile
# File::Temp and the like for each of their calls would take the emulator a minute in all. Loaded by PERL5OPT=-Mquick_perl.
package quick_perl;

our %functions = (
    'File/Path.pm' => { make_path => sub { -d $_[0] or 0 == system 'mkdir', '-p', @_ or die "mkdir @_" } },
    'File/Basename.pm' => { basename => sub { $_[0] =~ m{([^/]*)$}; $1 }, dirname => sub { $_[0] =~ m{^(.*)/}; $1 } },
    'File/Temp.pm' => { tempfile => sub {
        my (undef, %options) = @_;
        my $name = "$options{DIR}/.state$$";
        open my $file, '>', $name or die "$name: $!";
        return ($file, $name);
    } },
    'Getopt/Long.pm' => { GetOptions => sub {
        my %options = @_;
        while (@ARGV && $ARGV[0] =~ /^--(.+)/) {
            my $option = $options{$1} or return 0;
            shift @ARGV;
            ref $option eq 'CODE' ? $option->() : ($$option = 1);
        }
        return 1;
    } },
);
for my $file (keys %functions) {
    (my $package = $file) =~ s{/}{::};
    $package =~ s/\.pm//;
    $INC{$file} = __FILE__;
    *{"${package}::import"} = sub {
        my $caller = caller;
        *{"${caller}::$_"} = $functions{$file}{$_} for keys %{$functions{$file}};
    };
}

# `<FOLDER/*>` needs a module, too.
*CORE::GLOBAL::glob = sub {
    (my $folder = $_[0]) =~ s{/\*$}{};
    opendir my $handle, $folder or return;
    return map { "$folder/$_" } grep { !/^\./ } readdir $handle;
};

$INC{"$_.pm"} = __FILE__ for qw(strict warnings constant);
*constant::import = sub {
    my $caller = caller;
    for my $name (keys %{$_[1]}) {
        my $value = $_[1]{$name};
        *{"${caller}::$name"} = sub () { $value };
    }
};

1;
